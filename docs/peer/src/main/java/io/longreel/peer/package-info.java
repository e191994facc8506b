/**
 * The work that Longreel measures, done by PyTorch's C++ library through JavaCPP: one training step, and causal attention alone. For
 * comparison only; nothing in Longreel uses this. One thread calls; PyTorch's own threads compute.
 */
package io.longreel.peer;
