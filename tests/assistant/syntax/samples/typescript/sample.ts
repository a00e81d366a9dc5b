import type { Hand } from "./hands";

export interface Cookie {
  size: number;
  bite(depth: number): void;
}

type Recipe = { flour: number };

/** What it tastes of. */
export enum Taste {
  Oat,
  Ginger,
}

export const LIMIT: number = 12;

declare function lift(hand: Hand): void;

export function fill(count: string): number;
export function fill(count: number): number;
export function fill(count: any): number {
  return Number(count);
}

@sealed
export abstract class Jar<T extends Cookie> implements Box {
  private lid?: T;

  constructor(readonly size: number) {}

  abstract open(): void;

  @logged
  add(cookie: T): this {
    lift(cookie as any);
    return this;
  }
}

namespace Shelf {
  export const seal = (jar: Jar<Cookie>): void => jar.open();
}

test("fills", () => {
  expect(fill(2)).toBe(2);
});
