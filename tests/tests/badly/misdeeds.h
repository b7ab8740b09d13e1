/* What the test plugins of both formats do badly: one thing, named by the environment variable BADLY. */
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static uint64_t blocks;
static void *volatile kept;
static volatile float heard;

static bool badly(const char *how) {
    const char *wanted = getenv("BADLY");
    return wanted != NULL && strcmp(wanted, how) == 0;
}

/* Passes a stereo block through, from the seventh on badly; false where the call is to fail. */
static bool pass(float **in, float **out, uint32_t frames) {
    blocks++;
    for (uint32_t c = 0; c < 2; c++)
        memmove(out[c], in[c], frames * sizeof(float));
    /* As processors do that have no circuits for subnormals. */
    if (badly("uneven"))
        for (uint32_t n = 0; n < frames; n++)
            for (int times = fpclassify(in[0][n]) == FP_SUBNORMAL ? 50 : 1; times > 0; times--)
                heard = in[0][n];
    if (blocks < 7)
        return true;
    if (badly("crash"))
        *(volatile int *)0 = 1;
    if (badly("hang"))
        for (;;)
            usleep(1000);
    if (badly("exit"))
        exit(3);
    if (badly("allocate")) {
        kept = malloc(100);
        free(kept);
    }
    if (badly("overrun"))
        out[1][frames] = 0.0f;
    if (badly("change") && frames > 5)
        out[1][5] += 1e-7f;
    if (badly("nan") && frames > 0)
        out[0][0] = NAN;
    return !badly("fail");
}
