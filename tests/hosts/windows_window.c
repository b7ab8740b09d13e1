/* A host for Windows with nothing but a window: it opens the editor of a CLAP plugin in it, follows its own size, and when somebody closes
 * it, opens it a second time; closed again, it ends. It says what it does, a line each, and leaves each frame that the plugin has drawn
 * with OpenGL in a file, as it is when the plugin asks for it to be shown: so it is seen where a system shows nothing.
 *
 *     window.exe Rollcall.clap FRAME.ppm
 *
 * The structures are those of CLAP 1.2 (free-audio/clap), as far as they are needed. */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

#include <GL/gl.h>

typedef struct { uint32_t major, minor, revision; } version_t;
typedef struct { version_t clap; const char *id; } descriptor_t;
typedef struct plugin {
    const descriptor_t *desc;
    void *data;
    bool (*init)(const struct plugin *);
    void (*destroy)(const struct plugin *);
    bool (*activate)(const struct plugin *, double, uint32_t, uint32_t);
    void (*deactivate)(const struct plugin *);
    bool (*start)(const struct plugin *);
    void (*stop)(const struct plugin *), (*reset)(const struct plugin *);
    int32_t (*process)(const struct plugin *, const void *);
    const void *(*extension)(const struct plugin *, const char *);
    void (*on_main_thread)(const struct plugin *);
} plugin_t;
typedef struct host {
    version_t clap;
    void *data;
    const char *name, *vendor, *url, *version;
    const void *(*extension)(const struct host *, const char *);
    void (*request_restart)(const struct host *), (*request_process)(const struct host *), (*request_callback)(const struct host *);
} host_t;
typedef struct {
    void (*hints_changed)(const host_t *);
    bool (*request_resize)(const host_t *, uint32_t, uint32_t);
    bool (*request_show)(const host_t *), (*request_hide)(const host_t *);
    void (*closed)(const host_t *, bool);
} host_gui_t;
typedef struct { const char *api; void *window; } parent_t;
typedef struct {
    bool (*is_supported)(const plugin_t *, const char *, bool);
    bool (*preferred)(const plugin_t *, const char **, bool *);
    bool (*create)(const plugin_t *, const char *, bool);
    void (*destroy)(const plugin_t *);
    bool (*set_scale)(const plugin_t *, double);
    bool (*get_size)(const plugin_t *, uint32_t *, uint32_t *);
    bool (*can_resize)(const plugin_t *);
    bool (*hints)(const plugin_t *, void *);
    bool (*adjust)(const plugin_t *, uint32_t *, uint32_t *);
    bool (*set_size)(const plugin_t *, uint32_t, uint32_t);
    bool (*set_parent)(const plugin_t *, const parent_t *);
    bool (*set_transient)(const plugin_t *, const parent_t *);
    void (*title)(const plugin_t *, const char *);
    bool (*show)(const plugin_t *), (*hide)(const plugin_t *);
} gui_t;
typedef struct {
    uint32_t (*count)(const void *);
    const descriptor_t *(*descriptor)(const void *, uint32_t);
    const plugin_t *(*create)(const void *, const host_t *, const char *);
} factory_t;
typedef struct {
    version_t clap;
    bool (*init)(const char *);
    void (*deinit)(void);
    const void *(*factory)(const char *);
} entry_t;

static const plugin_t *plugin;
static const gui_t *gui;
static HWND window;
static volatile LONG is_called;
static bool is_open;

static void say(const char *text) {
    puts(text);
    fflush(stdout);
}

static const wchar_t *frame, *unfinished = L"";

/* The frame that the plugin has drawn: its rows from the bottom up, as OpenGL has them. The file is there whole or not at all. */
static BOOL WINAPI keep_and_swap(HDC screen) {
    GLint box[4] = {0, 0, 0, 0};
    glGetIntegerv(GL_VIEWPORT, box);
    HWND shown = WindowFromDC(screen);
    RECT size;
    if (shown != NULL && GetClientRect(shown, &size))
        box[2] = size.right, box[3] = size.bottom;
    size_t bytes = (size_t)box[2] * (size_t)box[3] * 3;
    char *pixels = malloc(bytes);
    FILE *file = pixels != NULL && bytes > 0 ? _wfopen(unfinished, L"wb") : NULL;
    if (file != NULL) {
        glPixelStorei(GL_PACK_ALIGNMENT, 1);
        glReadPixels(0, 0, box[2], box[3], GL_RGB, GL_UNSIGNED_BYTE, pixels);
        glPixelStorei(GL_PACK_ALIGNMENT, 4);
        fprintf(file, "P6 %d %d 255\n", box[2], box[3]);
        size_t written = fwrite(pixels, 1, bytes, file);
        if (fclose(file) == 0 && written == bytes)
            MoveFileExW(unfinished, frame, MOVEFILE_REPLACE_EXISTING);
    }
    free(pixels);
    return SwapBuffers(screen);
}

/* Whatever the library imports by this name from gdi32 leads here from now on. */
static int redirect(HMODULE library, const char *name, void *to) {
    char *base = (char *)library;
    const IMAGE_NT_HEADERS *head = (const void *)(base + ((const IMAGE_DOS_HEADER *)base)->e_lfanew);
    const IMAGE_DATA_DIRECTORY *table = &head->OptionalHeader.DataDirectory[IMAGE_DIRECTORY_ENTRY_IMPORT];
    int count = 0;
    for (const IMAGE_IMPORT_DESCRIPTOR *from = (const void *)(base + table->VirtualAddress); from->Name != 0; from++) {
        if (_stricmp(base + from->Name, "gdi32.dll") != 0)
            continue;
        const IMAGE_THUNK_DATA *called = (const void *)(base + from->OriginalFirstThunk);
        IMAGE_THUNK_DATA *leads = (void *)(base + from->FirstThunk);
        for (; called->u1.AddressOfData != 0; called++, leads++) {
            const IMAGE_IMPORT_BY_NAME *by = (const void *)(base + called->u1.AddressOfData);
            DWORD before;
            if (IMAGE_SNAP_BY_ORDINAL(called->u1.Ordinal) || strcmp((const char *)by->Name, name) != 0)
                continue;
            if (VirtualProtect(leads, sizeof *leads, PAGE_READWRITE, &before)) {
                leads->u1.Function = (ULONGLONG)(uintptr_t)to;
                VirtualProtect(leads, sizeof *leads, before, &before);
                count++;
            }
        }
    }
    return count;
}

static void nothing(const host_t *host) { (void)host; }
static void call(const host_t *host) { (void)host; InterlockedExchange(&is_called, 1); }
static bool yes(const host_t *host) { (void)host; return true; }
static void closed(const host_t *host, bool was_destroyed) { (void)host, (void)was_destroyed; }

static void fit(uint32_t width, uint32_t height) {
    RECT box = {0, 0, (LONG)width, (LONG)height};
    AdjustWindowRect(&box, WS_OVERLAPPEDWINDOW, FALSE);
    SetWindowPos(window, NULL, 20, 20, box.right - box.left, box.bottom - box.top, SWP_NOZORDER);
}
static bool resize(const host_t *host, uint32_t width, uint32_t height) {
    (void)host;
    fit(width, height);
    return true;
}
static const host_gui_t host_gui = {nothing, resize, yes, yes, closed};
static const void *extension(const host_t *host, const char *id) {
    (void)host;
    return strcmp(id, "clap.gui") == 0 ? &host_gui : NULL;
}
static const host_t host = {{1, 2, 0}, NULL, "window", "Rollcall's tests", "", "1", extension, nothing, nothing, call};

/* The size of the plugin's own window in ours. */
static void tell_size(void) {
    RECT box = {0, 0, 0, 0};
    HWND inner = GetWindow(window, GW_CHILD);
    if (inner != NULL)
        GetClientRect(inner, &box);
    printf("size %ld %ld\n", box.right, box.bottom);
    fflush(stdout);
}

static LRESULT CALLBACK handle(HWND to, UINT message, WPARAM w, LPARAM l) {
    if (message == WM_SIZE && is_open && w != SIZE_MINIMIZED) {
        uint32_t width = LOWORD(l), height = HIWORD(l);
        if (gui->adjust(plugin, &width, &height) && gui->set_size(plugin, width, height))
            tell_size();
    }
    if (message == WM_CLOSE) {
        is_open = false;
        PostQuitMessage(0);
        return 0;
    }
    return DefWindowProcW(to, message, w, l);
}

/* From opening to closing. */
static const char *once(void) {
    uint32_t width = 0, height = 0;
    window = CreateWindowExW(0, L"host", L"Rollcall in a host", WS_OVERLAPPEDWINDOW | WS_CLIPCHILDREN, 20, 20, 400, 300, NULL, NULL, NULL, NULL);
    if (window == NULL || !gui->create(plugin, "win32", false))
        return "no window";
    parent_t parent = {"win32", window};
    gui->set_scale(plugin, 1.0);
    if (!gui->get_size(plugin, &width, &height) || !gui->set_parent(plugin, &parent))
        return "it does not take a parent";
    fit(width, height);
    ShowWindow(window, SW_SHOW);
    gui->show(plugin);
    is_open = true;
    say("open");
    tell_size();
    for (MSG message;;) {
        MsgWaitForMultipleObjects(0, NULL, FALSE, 10, QS_ALLINPUT);
        if (InterlockedExchange(&is_called, 0))
            plugin->on_main_thread(plugin);
        while (PeekMessageW(&message, NULL, 0, 0, PM_REMOVE)) {
            if (message.message == WM_QUIT) {
                gui->destroy(plugin);
                DestroyWindow(window);
                DeleteFileW(frame);
                say("closed");
                return NULL;
            }
            TranslateMessage(&message);
            DispatchMessageW(&message);
        }
    }
}

int wmain(int count, wchar_t **words) {
    char path[1024];
    static wchar_t beside[1024];
    if (count != 3 || swprintf(beside, 1024, L"%ls.part", words[2]) < 0 || WideCharToMultiByte(CP_UTF8, 0, words[1], -1, path, sizeof path, NULL, NULL) == 0)
        return 2;
    HMODULE library = LoadLibraryW(words[1]);
    const entry_t *entry = library != NULL ? (const void *)GetProcAddress(library, "clap_entry") : NULL;
    if (entry == NULL || !entry->init(path)) {
        say("no plugin");
        return 1;
    }
    frame = words[2], unfinished = beside;
    if (redirect(library, "SwapBuffers", keep_and_swap) == 0) {
        say("it does not draw with OpenGL");
        return 1;
    }
    const factory_t *factory = entry->factory("clap.plugin-factory");
    plugin = factory->create(factory, &host, factory->descriptor(factory, 0)->id);
    if (plugin == NULL || !plugin->init(plugin) || (gui = plugin->extension(plugin, "clap.gui")) == NULL) {
        say("no plugin with a window");
        return 1;
    }
    WNDCLASSW class = {.lpfnWndProc = handle, .lpszClassName = L"host", .hCursor = LoadCursorW(NULL, (LPCWSTR)IDC_ARROW)};
    RegisterClassW(&class);
    for (int time = 0; time < 2; time++) {
        const char *why = once();
        if (why != NULL) {
            say(why);
            return 1;
        }
    }
    plugin->destroy(plugin);
    entry->deinit();
    FreeLibrary(library);
    say("ended");
    return 0;
}
