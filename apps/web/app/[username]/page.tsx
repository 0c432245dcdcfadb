import type { Metadata } from "next";
import { readParam, usernameSchema } from "../../modules/api/params.ts";
import { readApiOr404 } from "../../modules/api/server.ts";
import type { PublicProfile } from "../../modules/api/types.ts";
import { HostProfile } from "../../modules/public-booking/HostProfile.tsx";

interface Props {
  params: Promise<{ username: string }>;
}

const read = async ({ params }: Props) => {
  const username = readParam(usernameSchema, (await params).username);
  return readApiOr404<PublicProfile>(`/v1/public/${encodeURIComponent(username)}`);
};

export async function generateMetadata(props: Props): Promise<Metadata> {
  const { host } = await read(props);
  return { title: `Book a time with ${host.name}` };
}

export default async function HostPage(props: Props) {
  return <HostProfile profile={await read(props)} />;
}
