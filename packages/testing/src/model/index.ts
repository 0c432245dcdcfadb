/** The steps that random histories are made of, the same for every world in which they are run. A group is a file. */
export { type AppStep, appSteps } from "./app-steps.ts";
export { type CalendarStep, calendarSteps, type GuestEdit, type TextField } from "./calendar-steps.ts";
export { type AnyStep, type StepKind, stepOf, type Takers, takeStep } from "./step.ts";
export { chosen } from "./step-fields.ts";
export { type TimeStep, timeSteps } from "./time-steps.ts";
export { type CallFault, type TroubleStep, troubleSteps, type WriteMethod } from "./trouble-steps.ts";
