// SPDX-License-Identifier: Apache-2.0

package dev.weft.testkit;

import dev.weft.spi.Availability;
import dev.weft.spi.DataPlane;
import dev.weft.spi.DataPlaneContext;
import dev.weft.spi.DataPlaneProvider;
import dev.weft.spi.DataPlaneRequirements;
import java.util.Objects;

/**
 * Opens {@link FakeDataPlane}s. It works on a {@link SimRuntime} only. The testkit does not
 * register it: a module's tests do so in a {@code META-INF/services} file of their own, or hand it
 * over.
 */
public final class FakeDataPlaneProvider implements DataPlaneProvider {

  private final String name;
  private final int priority;
  private final Availability availability;

  /** Always available, under the name {@code fake}, with the lowest priority. */
  public FakeDataPlaneProvider() {
    this("fake", Integer.MIN_VALUE, new Availability.Available());
  }

  /** With these answers. */
  public FakeDataPlaneProvider(String name, int priority, Availability availability) {
    this.name = Objects.requireNonNull(name, "name");
    this.priority = priority;
    this.availability = Objects.requireNonNull(availability, "availability");
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public int priority() {
    return priority;
  }

  @Override
  public Availability probe(DataPlaneRequirements needs) {
    return availability;
  }

  @Override
  public DataPlane open(DataPlaneContext context) {
    SimNetwork network =
        SimRuntime.networkOf(context.time())
            .orElseThrow(() -> new IllegalStateException("the fake data plane needs a SimRuntime"));
    return network.fakeFabric().open(network, context);
  }
}
