/**
 * The whole cluster in one thread: the production cores of supervisor, node and rank, and the production journal, under virtual time, on a seeded
 * network and a simulated disk, with seeded faults. A schedule is a function of its seed, and so is everything that happens in it: a seed that
 * breaks a promise breaks it again, with the same trace.
 *
 * <pre>
 *   Schedule (from a seed) -> SimCluster -> SimSupervisor (SupervisorCore, Journal on a SimulatedDisk)
 *                                |   \
 *                          FaultInjector  SimNode (NodeCore) -> SimRank (RankCore, RankProgram) -> SimMesh (where ranks meet)
 *                                |            |                                                     |
 *                              Wires      ModelVault  <----------- snapshots of a ModelState -------+
 * </pre>
 */
@NullMarked
package io.longreel.chaos.sim;

import org.jspecify.annotations.NullMarked;
