package dev.baton.engine;

import java.io.IOException;
import java.io.InputStream;
import java.net.URL;
import java.net.URLConnection;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;

/**
 * Finds and loads the JNI shim and backends.
 *
 * <p>They come from the directory that the system property {@value #PATH_PROPERTY} names, else from
 * the class path: this module's resources, and oneDNN from its own artifact. A loader needs files,
 * so resources are copied once to a directory of the user's cache that is named after their
 * content. The copy is made elsewhere and moved there in one step, so any number of JVMs may do it
 * at once.
 */
final class NativeLibraries {
  static final String PATH_PROPERTY = "baton.engine.library.path";

  private static final String SHIM = "libbaton_jni.so";
  private static final String OWN = "/dev/baton/engine/native/linux-x86_64/";
  private static final String ONEDNN = "/org/bytedeco/dnnl/linux-x86_64/";
  private static final Map<String, String> RESOURCES = new LinkedHashMap<>();

  static {
    RESOURCES.put(SHIM, OWN + SHIM);
    RESOURCES.put("libbaton_cpu.so", OWN + "libbaton_cpu.so");
    RESOURCES.put("libdnnl.so.3", ONEDNN + "libdnnl.so.3");
    RESOURCES.put("libgomp.so.1", ONEDNN + "libgomp.so.1");
  }

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

  static Path unpack(Path cache) throws IOException {
    Path ready = cache.resolve(contentKey());
    if (!Files.isDirectory(ready)) {
      Files.createDirectories(
          cache,
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
      Path fresh = Files.createTempDirectory(cache, "unpacking");
      for (Map.Entry<String, String> entry : RESOURCES.entrySet()) {
        try (InputStream in = resource(entry.getValue()).openStream()) {
          Files.copy(in, fresh.resolve(entry.getKey()));
        }
      }
      try {
        Files.move(fresh, ready, StandardCopyOption.ATOMIC_MOVE);
      } catch (IOException lost) {
        deleteTree(fresh);
        if (!Files.isDirectory(ready)) {
          throw lost;
        }
      }
    }
    return ready;
  }

  private static void deleteTree(Path directory) throws IOException {
    for (String name : RESOURCES.keySet()) {
      Files.deleteIfExists(directory.resolve(name));
    }
    Files.deleteIfExists(directory);
  }

  /** Hash of our own libraries' bytes and of the others' names and sizes. */
  private static String contentKey() throws IOException {
    MessageDigest digest = sha256();
    for (String name : RESOURCES.values()) {
      URL url = resource(name);
      URLConnection connection = url.openConnection();
      digest.update((name + ":" + connection.getContentLengthLong() + "\n").getBytes("UTF-8"));
      try (InputStream in = connection.getInputStream()) {
        if (name.startsWith(OWN)) {
          digest.update(in.readAllBytes());
        }
      }
    }
    return HexFormat.of().formatHex(digest.digest(), 0, 12);
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
    return Objects.requireNonNull(url);
  }
}
