package dev.baton.localstack.servers;

import kafka.Kafka;
import kafka.tools.StorageTool;

/**
 * Main class of the broker's process: formats the storage unless it is formatted, then runs the
 * broker. Both in one JVM, because a JVM of its own for the formatting costs a second and a half.
 */
final class BrokerMain {
  private BrokerMain() {}

  /**
   * @param args the properties file and the cluster's id
   */
  public static void main(String[] args) {
    int status =
        StorageTool.execute(
            new String[] {
              "format", "--config", args[0], "--cluster-id", args[1], "--ignore-formatted"
            },
            System.out);
    if (status != 0) {
      System.exit(status);
    }
    Kafka.main(new String[] {args[0]});
  }
}
