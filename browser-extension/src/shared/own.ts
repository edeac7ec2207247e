/** What was put under a name that comes from outside: `constructor` and `__proto__` are hosts like any other. */
export const own = <T>(all: Record<string, T>, name: string): T | undefined => Object.hasOwn(all, name) ? all[name] : undefined;
