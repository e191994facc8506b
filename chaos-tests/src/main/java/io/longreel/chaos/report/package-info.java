/** What is told about faults afterwards: the matrix as text, everything as JSON, a page with a timeline per fault. Pure; writes what it is told to. */
@NullMarked
package io.longreel.chaos.report;

import org.jspecify.annotations.NullMarked;
