/// Decides which upstream services there are: their base URLs, budgets and pools, and which one a host belongs to.
@NullMarked
package dev.muster.service;

import org.jspecify.annotations.NullMarked;
