import type { ReactNode } from "react";
import { SettingsNav } from "../../../modules/settings/SettingsNav.tsx";

export default function SettingsLayout({ children }: { children: ReactNode }) {
  return (
    <>
      <SettingsNav />
      {children}
    </>
  );
}
