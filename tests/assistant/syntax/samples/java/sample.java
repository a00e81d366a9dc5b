package jars;

import java.util.List;

/** Holds cookies. */
@Sealed
public class Jar<T extends Cookie> extends Box implements Openable {
    public static final int LIMIT = 12;
    private T lid;

    /** A new jar. */
    public Jar(int size) {
        super(size);
    }

    // Not documentation.
    @Override
    public String lid() {
        return lift(this.lid).toString();
    }

    public void add(T cookie) {
    }

    public void add(List<T> cookies) {
        cookies.forEach(this::add);
    }

    static class Label {
        String text;
    }

    @Test
    void opens() {
        new Jar<Oat>(1).lid();
    }
}

interface Cookie {
    boolean bite(int depth);
}

enum Taste {
    OAT, GINGER;

    Taste next() {
        return GINGER;
    }
}

record Recipe(int flour) {
}

@interface Sealed {
}
