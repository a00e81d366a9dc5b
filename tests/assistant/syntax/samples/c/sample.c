#include <stdio.h>

/* How many fit. */
#define LIMIT 12
#define SQUARE(x) ((x) * (x))

enum taste { OAT, GINGER };

/** Holds cookies. */
struct jar {
    int size;
    struct cookie *items;
};

typedef struct jar jar_t;
typedef int (*bite_fn)(int depth);

static const char *name = "jar";

int lift(int count);

/* Fills the jar. */
static int
fill(struct jar *jar, int count)
{
    return lift(count) + jar->size;
}

char *label(const jar_t *jar) {
    return "jar";
}

// Not attached.

int main(int argc, char **argv) {
    struct jar jar = {0};
    printf("%d\n", fill(&jar, SQUARE(argc)));
    return 0;
}
