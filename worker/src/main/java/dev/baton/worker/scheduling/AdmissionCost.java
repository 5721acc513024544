package dev.baton.worker.scheduling;

/**
 * What admitting a waiting sequence takes.
 *
 * @param blocks available blocks that it would pin, reused ones included
 * @param tokens tokens left to compute at once; 0 if its blocks are filled from elsewhere first
 */
public record AdmissionCost(int blocks, int tokens) {}
