/* A CLAP plugin that does one thing badly: the harness must find it out.
 * The structures are those of CLAP 1.2 (free-audio/clap), as far as they are needed. */
#include "misdeeds.h"

typedef struct { uint32_t major, minor, revision; } version_t;
typedef struct {
    version_t clap;
    const char *id, *name, *vendor, *url, *manual, *support, *version, *description;
    const char *const *features;
} descriptor_t;
typedef struct plugin {
    const descriptor_t *desc;
    void *data;
    bool (*init)(const struct plugin *);
    void (*destroy)(const struct plugin *);
    bool (*activate)(const struct plugin *, double, uint32_t, uint32_t);
    void (*deactivate)(const struct plugin *);
    bool (*start)(const struct plugin *);
    void (*stop)(const struct plugin *);
    void (*reset)(const struct plugin *);
    int32_t (*process)(const struct plugin *, const void *);
    const void *(*extension)(const struct plugin *, const char *);
    void (*main_thread)(const struct plugin *);
} plugin_t;
typedef struct { float **data32; double **data64; uint32_t channels, latency; uint64_t constant; } buffer_t;
typedef struct {
    int64_t steady_time;
    uint32_t frames;
    const void *transport;
    const buffer_t *inputs;
    buffer_t *outputs;
    uint32_t input_count, output_count;
    const void *in_events, *out_events;
} process_t;
typedef struct {
    uint32_t id;
    char name[256];
    uint32_t flags, channels;
    const char *type;
    uint32_t in_place_pair;
} port_t;
typedef struct {
    uint32_t (*count)(const plugin_t *, bool);
    bool (*get)(const plugin_t *, uint32_t, bool, port_t *);
} ports_t;
typedef struct { uint32_t (*get)(const plugin_t *); } latency_t;
typedef struct {
    uint32_t (*count)(const void *);
    const descriptor_t *(*descriptor)(const void *, uint32_t);
    const plugin_t *(*create)(const void *, const void *, const char *);
} factory_t;
typedef struct {
    version_t clap;
    bool (*init)(const char *);
    void (*deinit)(void);
    const void *(*get_factory)(const char *);
} entry_t;

static bool yes(const plugin_t *plugin) { (void)plugin; return true; }
static void nothing(const plugin_t *plugin) { (void)plugin; }

static bool activate(const plugin_t *plugin, double rate, uint32_t min, uint32_t max) {
    (void)plugin, (void)rate, (void)min, (void)max;
    return !badly("refuse");
}

static int32_t process(const plugin_t *plugin, const void *raw) {
    (void)plugin;
    const process_t *p = raw;
    return pass(p->inputs[0].data32, p->outputs[0].data32, p->frames) ? 1 : 0;
}

static uint32_t port_count(const plugin_t *plugin, bool input) { (void)plugin, (void)input; return 1; }
static bool port_get(const plugin_t *plugin, uint32_t index, bool input, port_t *port) {
    (void)plugin, (void)index, (void)input;
    memset(port, 0, sizeof *port);
    strcpy(port->name, "Main");
    port->flags = 1;
    port->channels = 2;
    port->type = "stereo";
    port->in_place_pair = UINT32_MAX;
    return true;
}
static const ports_t ports = {port_count, port_get};

static uint32_t latency_get(const plugin_t *plugin) { (void)plugin; return badly("latency") ? 64 : 0; }
static const latency_t latency = {latency_get};

static const void *extension(const plugin_t *plugin, const char *id) {
    (void)plugin;
    if (strcmp(id, "clap.audio-ports") == 0)
        return &ports;
    return strcmp(id, "clap.latency") == 0 ? (const void *)&latency : NULL;
}

static const char *const features[] = {"audio-effect", NULL};
static const descriptor_t descriptor = {
    {1, 2, 0}, "test.badly", "Badly", "Rollcall's tests", "", "", "", "1", "Does one thing badly", features};
static const plugin_t instance = {&descriptor, NULL, yes, nothing, activate, nothing, yes,
                                  nothing, nothing, process, extension, nothing};

static uint32_t count(const void *factory) { (void)factory; return 1; }
static const descriptor_t *describe(const void *factory, uint32_t index) { (void)factory, (void)index; return &descriptor; }
static const plugin_t *create(const void *factory, const void *host, const char *id) {
    (void)factory, (void)host, (void)id;
    if (badly("crash-at-scan"))
        abort();
    return &instance;
}
static const factory_t factory = {count, describe, create};

static bool entry_init(const char *path) { (void)path; return true; }
static void entry_deinit(void) {}
static const void *get_factory(const char *id) { return strcmp(id, "clap.plugin-factory") == 0 ? &factory : NULL; }

__attribute__((visibility("default"))) const entry_t clap_entry = {{1, 2, 0}, entry_init, entry_deinit, get_factory};
