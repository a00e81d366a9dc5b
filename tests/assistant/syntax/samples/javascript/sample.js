import { lift } from "./hands.js";

/** How many fit. */
export const LIMIT = 12;
let open = false;

/**
 * Fills the jar.
 */
export function fill(count, kind = "oat") {
  const fits = (cookie) => cookie.size < LIMIT;
  return lift(count).filter(fits);
}

// Not a doc comment.
const seal = async (jar) => {
  await jar.close();
};

export default class Jar extends Box {
  #lid = null;
  static size = 3;

  constructor(size) {
    super(size);
  }

  get lid() {
    return this.#lid;
  }

  /** Shakes it. */
  shake = () => this.rattle();

  static of(...cookies) {
    return new Jar(cookies.length);
  }
}

function* crumbs() {
  yield 1;
}

const api = {
  eat(cookie) {
    return cookie.bite();
  },
  crumble: function (cookie) {
    return null;
  },
};

describe("Jar", () => {
  it("opens when asked", () => {
    expect(new Jar(1).lid).toBe(null);
  });
});
