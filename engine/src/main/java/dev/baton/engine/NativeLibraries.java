package dev.baton.engine;

import java.io.IOException;
import java.io.InputStream;
import java.net.URL;
import java.net.URLConnection;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Finds and loads the JNI shim and backends.
 *
 * <p>They come from the directory that the system property {@value #PATH_PROPERTY} names, else from
 * the class path: this module's resources, and oneDNN from its own artifact. A loader needs files,
 * so resources are copied once to directories of the user's cache that are named after their
 * content; oneDNN, which is large and seldom changes, has one of its own. A copy is made elsewhere
 * and moved there in one step, so any number of JVMs may do it at once.
 */
final class NativeLibraries {
  static final String PATH_PROPERTY = "baton.engine.library.path";

  private static final String SHIM = "libbaton_jni.so";
  private static final String OWN = "/dev/baton/engine/native/linux-x86_64/";
  private static final String ONEDNN = "/org/bytedeco/dnnl/linux-x86_64/";

  /** The CUDA backend is there where the build found a CUDA compiler. */
  private static final List<String> OWN_LIBRARIES =
      Stream.of(SHIM, "libbaton_cpu.so", "libbaton_cuda.so")
          .filter(
              name -> name.equals(SHIM) || NativeLibraries.class.getResource(OWN + name) != null)
          .toList();

  private static final List<String> ONEDNN_LIBRARIES = List.of("libdnnl.so.3", "libgomp.so.1");

  private static final Map<String, Long> BACKENDS = new HashMap<>();

  private NativeLibraries() {}

  /** Handle of the named backend, loaded at most once in this process. */
  static synchronized long backend(String name) {
    Long loaded = BACKENDS.get(name);
    if (loaded != null) {
      return loaded;
    }
    if (!name.matches("[a-z0-9]+")) {
      throw new EngineUnavailableException("backend name \"" + name + "\" is not a name");
    }
    Path directory = directory();
    loadShim(directory.resolve(SHIM));
    Path library = directory.resolve("libbaton_" + name + ".so");
    if (!Files.exists(library)) {
      throw new EngineUnavailableException(
          "backend %s: no %s in %s%s"
              .formatted(
                  name,
                  library.getFileName(),
                  directory,
                  name.equals("cuda") ? "; a build makes it where it finds nvcc" : ""));
    }
    ByteBuffer error = NativeStatus.errorBuffer();
    long handle = NativeCalls.load(library.toString(), error);
    if (handle == 0) {
      throw new EngineUnavailableException(
          "backend "
              + name
              + " cannot be loaded from "
              + library
              + ": "
              + NativeStatus.text(error));
    }
    BACKENDS.put(name, handle);
    return handle;
  }

  private static void loadShim(Path shim) {
    try {
      System.load(shim.toString());
    } catch (UnsatisfiedLinkError failed) {
      throw new EngineUnavailableException(
          "engine library cannot be loaded from " + shim + ": " + failed.getMessage());
    }
    int version = NativeCalls.abi();
    if (version != NativeCalls.ABI_VERSION) {
      throw new EngineUnavailableException(
          "%s has ABI version %d, expected %d".formatted(shim, version, NativeCalls.ABI_VERSION));
    }
  }

  private static Path directory() {
    String configured = System.getProperty(PATH_PROPERTY);
    if (configured != null) {
      return Path.of(configured).toAbsolutePath();
    }
    Path cache = Path.of(System.getProperty("user.home"), ".cache", "baton", "native");
    try {
      return unpack(cache);
    } catch (IOException inHome) {
      Path shared =
          Path.of(
              System.getProperty("java.io.tmpdir"),
              "baton-native-" + System.getProperty("user.name"));
      try {
        return unpack(shared);
      } catch (IOException inShared) {
        throw new EngineUnavailableException(
            "engine libraries cannot be unpacked to %s (%s) nor to %s (%s); name a directory that has them with -D%s"
                .formatted(cache, inHome, shared, inShared, PATH_PROPERTY));
      }
    }
  }

  /** A directory in {@code cache} with our libraries and links to oneDNN's. */
  static Path unpack(Path cache) throws IOException {
    Files.createDirectories(
        cache, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    Path oneDnn =
        once(
            cache.resolve("onednn-" + contentKey(ONEDNN, ONEDNN_LIBRARIES, false)),
            fresh -> copy(ONEDNN, ONEDNN_LIBRARIES, fresh));
    return once(
        cache.resolve("engine-" + contentKey(OWN, OWN_LIBRARIES, true)),
        fresh -> {
          copy(OWN, OWN_LIBRARIES, fresh);
          for (String library : ONEDNN_LIBRARIES) {
            Path link = Path.of("..", oneDnn.getFileName().toString(), library);
            Files.createSymbolicLink(fresh.resolve(library), link);
          }
        });
  }

  private interface Filler {
    void fill(Path directory) throws IOException;
  }

  /** Makes {@code ready} unless it is there; of several that do so at once the first wins. */
  private static Path once(Path ready, Filler filler) throws IOException {
    if (!Files.isDirectory(ready)) {
      Path fresh = Files.createTempDirectory(ready.resolveSibling("."), "unpacking");
      filler.fill(fresh);
      try {
        Files.move(fresh, ready, StandardCopyOption.ATOMIC_MOVE);
      } catch (IOException lost) {
        try (Stream<Path> files = Files.list(fresh)) {
          for (Path file : files.toList()) {
            Files.delete(file);
          }
        }
        Files.delete(fresh);
        if (!Files.isDirectory(ready)) {
          throw lost;
        }
      }
    }
    return ready;
  }

  private static void copy(String from, List<String> names, Path to) throws IOException {
    for (String name : names) {
      try (InputStream in = resource(from + name).openStream()) {
        Files.copy(in, to.resolve(name));
      }
    }
  }

  /** Hash of names and sizes, and with {@code bytes} of the bytes. */
  private static String contentKey(String from, List<String> names, boolean bytes)
      throws IOException {
    MessageDigest digest = sha256();
    for (String name : names) {
      URLConnection connection = resource(from + name).openConnection();
      try (InputStream in = connection.getInputStream()) {
        String entry = name + ":" + connection.getContentLengthLong() + "\n";
        digest.update(entry.getBytes(StandardCharsets.UTF_8));
        if (bytes) {
          digest.update(in.readAllBytes());
        }
      }
    }
    return HexFormat.of().formatHex(digest.digest(), 0, 8);
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException impossible) {
      throw new AssertionError(impossible);
    }
  }

  private static URL resource(String name) throws IOException {
    URL url = NativeLibraries.class.getResource(name);
    if (url == null) {
      throw new IOException("class path resource " + name + " is missing");
    }
    return url;
  }
}
