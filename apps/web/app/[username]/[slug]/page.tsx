import type { Metadata } from "next";
import { readParam, slugSchema, usernameSchema } from "../../../modules/api/params.ts";
import { readApiOr404 } from "../../../modules/api/server.ts";
import type { PublicEventType } from "../../../modules/api/types.ts";
import { BookingFlow } from "../../../modules/public-booking/BookingFlow.tsx";

interface Props {
  params: Promise<{ username: string; slug: string }>;
}

const read = async ({ params }: Props) => {
  const { username, slug } = await params;
  const path = [readParam(usernameSchema, username), readParam(slugSchema, slug)].map(encodeURIComponent);
  return readApiOr404<PublicEventType>(`/v1/public/${path.join("/")}`);
};

export async function generateMetadata(props: Props): Promise<Metadata> {
  const { host, eventType } = await read(props);
  return { title: `${eventType.title} with ${host.name}` };
}

export default async function EventTypePage(props: Props) {
  return <BookingFlow {...(await read(props))} />;
}
