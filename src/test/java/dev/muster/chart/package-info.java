/// Decides whether the Helm chart makes what it says, by the real Helm and the model of Kubernetes.
@NullMarked
package dev.muster.chart;

import org.jspecify.annotations.NullMarked;
