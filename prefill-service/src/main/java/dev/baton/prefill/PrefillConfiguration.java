package dev.baton.prefill;

import dev.baton.prefill.handoff.KafkaHandOffs;
import dev.baton.prefill.handoff.PrefillWork;
import dev.baton.prefill.queue.PrefillQueue;
import dev.baton.prefill.queue.QueueProperties;
import dev.baton.prefill.queue.ShareGroup;
import dev.baton.worker.boot.WorkerConfiguration;
import dev.baton.worker.membership.Membership;
import dev.baton.worker.runtime.WorkerRuntime;
import java.time.Clock;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.kafka.autoconfigure.KafkaProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.kafka.core.KafkaTemplate;

/** Puts the prefill tier's worker together. */
@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(QueueProperties.class)
@Import(WorkerConfiguration.class)
class PrefillConfiguration {
  @Bean
  KafkaHandOffs handOffs(KafkaTemplate<String, byte[]> kafka) {
    return new KafkaHandOffs(kafka);
  }

  @Bean
  PrefillWork prefillWork(
      WorkerRuntime worker,
      ObjectProvider<Membership> membership,
      KafkaHandOffs handOffs,
      Clock clock) {
    return new PrefillWork(worker, () -> membership.getObject().lane(), handOffs, clock);
  }

  @Bean
  PrefillQueue prefillQueue(
      KafkaProperties kafka, QueueProperties queue, PrefillWork work, WorkerRuntime worker) {
    ShareGroup group = new ShareGroup(kafka.buildAdminProperties(), queue.recordLock());
    return new PrefillQueue(
        group, queue.interactiveSlots(), queue.batchSlots(), work, () -> worker.loop().healthy());
  }

  @Bean
  PrefillSource prefillSource(PrefillQueue queue, PrefillWork work) {
    return new PrefillSource(queue, work);
  }
}
