/* A VST3 plugin that does one thing badly: the harness must find it out.
 * The structures are those of the VST 3 interfaces as a C compiler lays them out, as far as they are needed. */
#include "misdeeds.h"

enum { OK = 0, NO_INTERFACE = -1, FALSE_ = 1, INVALID = 2, NOT_IMPLEMENTED = 3 };
typedef struct { uint8_t bytes[16]; } uid_type;
typedef int32_t result_t;

#ifdef _WIN32 /* as COM has them: the first number, and both halves of the second, begin with their lowest byte */
#define FIRST(w) (uint8_t)(w), (uint8_t)((w) >> 8), (uint8_t)((w) >> 16), (uint8_t)((w) >> 24)
#define SECOND(w) (uint8_t)((w) >> 16), (uint8_t)((w) >> 24), (uint8_t)(w), (uint8_t)((w) >> 8)
#else
#define FIRST WORD
#define SECOND WORD
#endif
#define WORD(w) (uint8_t)((w) >> 24), (uint8_t)((w) >> 16), (uint8_t)((w) >> 8), (uint8_t)(w)
#define ID(a, b, c, d) {{FIRST(a), SECOND(b), WORD(c), WORD(d)}}
static const uid_type UNKNOWN = ID(0x00000000u, 0x00000000u, 0xC0000000u, 0x00000046u);
static const uid_type BASE = ID(0x22888DDBu, 0x156E45AEu, 0x8358B348u, 0x08190625u);
static const uid_type COMPONENT = ID(0xE831FF31u, 0xF2D54301u, 0x928EBBEEu, 0x25697802u);
static const uid_type PROCESSOR = ID(0x42043F99u, 0xB7DA453Cu, 0xA569E79Du, 0x9AAEC33Du);
static const uid_type CONTROLLER = ID(0xDCD7BBE3u, 0x7742448Du, 0xA874AACCu, 0x979C759Eu);
static const uid_type FACTORY = ID(0x7A4D811Cu, 0x52114A1Fu, 0xAED9D2EEu, 0x0B43BF9Fu);
static const uid_type OURS = ID(0x526F6C6Cu, 0x63616C6Cu, 0x42616420u, 0x6C792121u);

typedef struct { int32_t channels; uint64_t silence; float **data32; } buffers_t;
typedef struct {
    int32_t mode, sample_size, frames, input_count, output_count;
    buffers_t *inputs, *outputs;
} process_t;
typedef struct { int32_t media, direction, channels; uint16_t name[128]; int32_t type; uint32_t flags; } bus_t;
typedef struct { uid_type id; int32_t cardinality; char category[32], name[64]; } class_t;
typedef struct { char vendor[64], url[256], email[128]; int32_t flags; } about_t;

/* Everything is one static object and lives for ever. */
static uint32_t keep(void *self) { (void)self; return 1; }
static result_t fine(void *self) { (void)self; return OK; }
static result_t find(void *self, const void *wanted, void **found);

static result_t apart(void *self, void *id) { (void)self, (void)id; return NOT_IMPLEMENTED; }
static result_t io_mode(void *self, int32_t mode) { (void)self, (void)mode; return OK; }
static int32_t bus_count(void *self, int32_t media, int32_t direction) {
    (void)self, (void)direction;
    return media == 0 ? 1 : 0;
}
static result_t bus_info(void *self, int32_t media, int32_t direction, int32_t index, bus_t *bus) {
    (void)self;
    if (media != 0 || index != 0)
        return INVALID;
    memset(bus, 0, sizeof *bus);
    bus->direction = direction;
    bus->channels = 2;
    bus->name[0] = 'M';
    bus->flags = 1;
    return OK;
}
static result_t routing(void *self, void *in, void *out) { (void)self, (void)in, (void)out; return NOT_IMPLEMENTED; }
static result_t bus_active(void *self, int32_t media, int32_t direction, int32_t index, uint8_t active) {
    (void)self, (void)media, (void)direction, (void)index, (void)active;
    return OK;
}
static result_t set_active(void *self, uint8_t active) {
    (void)self;
    return active && badly("refuse") ? FALSE_ : OK;
}
static result_t stream(void *self, void *stream) { (void)self, (void)stream; return OK; }

/* A stream of the host's, of which these are called. */
typedef struct {
    void *others[3];
    result_t (*read)(void *, void *, int32_t, int32_t *), (*write)(void *, void *, int32_t, int32_t *);
} stream_t;
static double parameter;
static result_t set_state(void *self, void *stream) {
    (void)self;
    int32_t count = 0;
    double value = 0.0;
    result_t result = (*(stream_t **)stream)->read(stream, &value, sizeof value, &count);
    if (result == OK && count == (int32_t)sizeof value && !badly("lose"))
        parameter = value;
    return result;
}
static result_t get_state(void *self, void *stream) {
    (void)self;
    return (*(stream_t **)stream)->write(stream, &parameter, sizeof parameter, NULL);
}
static result_t initialize(void *self, void *context) { (void)self, (void)context; return OK; }

static const struct {
    result_t (*find)(void *, const void *, void **);
    uint32_t (*add)(void *), (*release)(void *);
    result_t (*initialize)(void *, void *);
    result_t (*terminate)(void *);
    result_t (*apart)(void *, void *);
    result_t (*io_mode)(void *, int32_t);
    int32_t (*bus_count)(void *, int32_t, int32_t);
    result_t (*bus_info)(void *, int32_t, int32_t, int32_t, bus_t *);
    result_t (*routing)(void *, void *, void *);
    result_t (*bus_active)(void *, int32_t, int32_t, int32_t, uint8_t);
    result_t (*set_active)(void *, uint8_t);
    result_t (*set_state)(void *, void *), (*get_state)(void *, void *);
} component = {find, keep, keep, initialize, fine, apart, io_mode,
               bus_count, bus_info, routing, bus_active, set_active, set_state, get_state};

enum { STEREO = 3 };
static result_t arrange(void *self, uint64_t *in, int32_t ins, uint64_t *out, int32_t outs) {
    (void)self;
    return ins == 1 && outs == 1 && ((*in == STEREO && *out == STEREO) || badly("arrange")) ? OK : FALSE_;
}
static result_t arrangement(void *self, int32_t direction, int32_t index, uint64_t *is) {
    (void)self, (void)direction;
    *is = STEREO;
    return index == 0 ? OK : INVALID;
}
static result_t takes(void *self, int32_t size) { (void)self; return size == 0 ? OK : FALSE_; }
static uint32_t latency(void *self) { (void)self; return badly("latency") ? 64 : 0; }
static result_t setup(void *self, void *setup) { (void)self, (void)setup; return OK; }
static result_t processing(void *self, uint8_t on) { (void)self, (void)on; return OK; }
static result_t process(void *self, process_t *p) {
    (void)self;
    if (p->input_count == 0 || p->output_count == 0)
        return OK;
    return pass(p->inputs[0].data32, p->outputs[0].data32, (uint32_t)p->frames) ? OK : FALSE_;
}
static uint32_t tail(void *self) { (void)self; return 0; }

static const struct {
    result_t (*find)(void *, const void *, void **);
    uint32_t (*add)(void *), (*release)(void *);
    result_t (*arrange)(void *, uint64_t *, int32_t, uint64_t *, int32_t);
    result_t (*arrangement)(void *, int32_t, int32_t, uint64_t *);
    result_t (*takes)(void *, int32_t);
    uint32_t (*latency)(void *);
    result_t (*setup)(void *, void *);
    result_t (*processing)(void *, uint8_t);
    result_t (*process)(void *, process_t *);
    uint32_t (*tail)(void *);
} processor = {find, keep, keep, arrange, arrangement, takes, latency, setup, processing, process, tail};

/* The same object is its own controller. It has one parameter, of which nothing is heard. */
typedef struct {
    uint32_t id;
    uint16_t title[128], short_title[128], unit[128];
    int32_t steps;
    double standard;
    int32_t unit_id, flags;
} parameter_t;
static int32_t one(void *self) { (void)self; return 1; }
static result_t info(void *self, int32_t index, void *raw) {
    (void)self;
    parameter_t *info = raw;
    memset(info, 0, sizeof *info);
    info->id = 7;
    info->title[0] = 'P';
    info->flags = 1;
    return index == 0 ? OK : INVALID;
}
static result_t to_text(void *self, uint32_t id, double value, void *text) {
    (void)self, (void)id, (void)value, (void)text;
    return INVALID;
}
static result_t to_value(void *self, uint32_t id, void *text, double *value) {
    (void)self, (void)id, (void)text, (void)value;
    return INVALID;
}
static double same(void *self, uint32_t id, double value) { (void)self, (void)id; return value; }
static double value(void *self, uint32_t id) { (void)self, (void)id; return parameter; }
static result_t set_value(void *self, uint32_t id, double value) {
    (void)self, (void)id;
    if (!badly("forget"))
        parameter = value;
    return OK;
}
static void *view(void *self, const char *name) { (void)self, (void)name; return NULL; }

static const struct {
    result_t (*find)(void *, const void *, void **);
    uint32_t (*add)(void *), (*release)(void *);
    result_t (*initialize)(void *, void *);
    result_t (*terminate)(void *);
    result_t (*component_state)(void *, void *), (*set_state)(void *, void *), (*get_state)(void *, void *);
    int32_t (*count)(void *);
    result_t (*info)(void *, int32_t, void *);
    result_t (*to_text)(void *, uint32_t, double, void *);
    result_t (*to_value)(void *, uint32_t, void *, double *);
    double (*plain)(void *, uint32_t, double), (*normalised)(void *, uint32_t, double), (*value)(void *, uint32_t);
    result_t (*set_value)(void *, uint32_t, double);
    result_t (*handler)(void *, void *);
    void *(*view)(void *, const char *);
} controller = {find, keep, keep, initialize, fine, stream, stream, stream, one, info,
                to_text, to_value, same, same, value, set_value, stream, view};

static const void *as_component = &component, *as_processor = &processor, *as_controller = &controller;

static result_t find(void *self, const void *wanted, void **found) {
    (void)self;
    bool base = !memcmp(wanted, &UNKNOWN, 16) || !memcmp(wanted, &BASE, 16) || !memcmp(wanted, &COMPONENT, 16);
    *found = base                                ? (void *)&as_component
             : !memcmp(wanted, &PROCESSOR, 16)  ? (void *)&as_processor
             : !memcmp(wanted, &CONTROLLER, 16) ? (void *)&as_controller
                                                : NULL;
    return *found != NULL ? OK : NO_INTERFACE;
}

static result_t find_factory(void *self, const void *wanted, void **found) {
    *found = !memcmp(wanted, &UNKNOWN, 16) || !memcmp(wanted, &FACTORY, 16) ? self : NULL;
    return *found != NULL ? OK : NO_INTERFACE;
}
static result_t about(void *self, about_t *about) {
    (void)self;
    memset(about, 0, sizeof *about);
    strcpy(about->vendor, "Rollcall's tests");
    return OK;
}
static int32_t classes(void *self) { (void)self; return 1; }
static result_t class_info(void *self, int32_t index, class_t *class) {
    (void)self;
    memset(class, 0, sizeof *class);
    class->id = OURS;
    class->cardinality = 0x7FFFFFFF;
    strcpy(class->category, "Audio Module Class");
    strcpy(class->name, "Badly");
    return index == 0 ? OK : INVALID;
}
static result_t create(void *self, const char *class, const char *wanted, void **made) {
    (void)self, (void)class;
    if (badly("crash-at-scan"))
        abort();
    return find(NULL, wanted, made);
}

static const struct {
    result_t (*find)(void *, const void *, void **);
    uint32_t (*add)(void *), (*release)(void *);
    result_t (*about)(void *, about_t *);
    int32_t (*classes)(void *);
    result_t (*class_info)(void *, int32_t, class_t *);
    result_t (*create)(void *, const char *, const char *, void **);
} factory = {find_factory, keep, keep, about, classes, class_info, create};
static const void *as_factory = &factory;

__attribute__((visibility("default"))) bool ModuleEntry(void *handle) { (void)handle; return true; }
__attribute__((visibility("default"))) bool ModuleExit(void) { return true; }
__attribute__((visibility("default"))) void *GetPluginFactory(void) { return &as_factory; }
