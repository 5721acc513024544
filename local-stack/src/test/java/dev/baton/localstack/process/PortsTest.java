package dev.baton.localstack.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.ServerSocket;
import org.junit.jupiter.api.Test;

class PortsTest {
  @Test
  void aPortThatIsListenedOnIsNotFree() throws Exception {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      assertThat(Ports.isFree(taken.getLocalPort())).isFalse();
    }
  }

  @Test
  void offersAPortThatCanBeBound() throws Exception {
    try (ServerSocket bound = new ServerSocket(Ports.free())) {
      assertThat(bound.isBound()).isTrue();
    }
  }
}
