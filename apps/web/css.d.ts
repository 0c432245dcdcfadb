// Types of what Next.js adds to imports (styles). `next-env.d.ts` would say the same, but only a build writes that file.
/// <reference types="next" />
