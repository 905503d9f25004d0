/// Decides how an instance starts and stops: whether it may with the configuration that it was given, how it gets warm
/// before its port opens, and how its batches end before it stops.
///
/// A rule of the configuration is a [dev.muster.lifecycle.ConfigurationRule], plain data in and faults out, and
/// stands in the one list of [dev.muster.lifecycle.ConfigurationRules]. What a single property may be is said where
/// the property is, by its type and its constraints; which names there are follows from the types themselves. A class
/// of properties has to be in [dev.muster.lifecycle.ConfigurationTypes], which a test sees to.
@NullMarked
package dev.muster.lifecycle;

import org.jspecify.annotations.NullMarked;
