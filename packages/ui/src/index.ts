/** Components without state, for pages that a server draws as well as for those of the browser. */
export { Alert, type AlertProps, type Tone } from "./Alert.tsx";
export { Badge, Dot } from "./Badge.tsx";
export { Button, type ButtonKind, type ButtonProps, buttonClass, Spinner } from "./Button.tsx";
export { Card, EmptyState, PageHeading } from "./Card.tsx";
export { classNames } from "./class-names.ts";
export { Choice, SelectField, TextArea, TextField } from "./Field.tsx";
export { addDays, MONTH_NAMES, nameDay } from "./month-grid.ts";
