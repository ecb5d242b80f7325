using CsCheck;
using Viaduct.Proxy.Model;

namespace Viaduct.Tests.Proxy;

/// <summary>The way to a state leaves no trace in it.</summary>
public class ServiceTrackerPropertyTests
{
    [Theory]
    [InlineData(IPFamily.IPv4)]
    [InlineData(IPFamily.IPv6)]
    public void Any_way_to_the_same_objects_leads_to_the_same_state(IPFamily family) => ObjectStep.Steps.Array[1, 30].Sample(
        steps =>
        {
            var (tracker, world, seen) = (new ServiceTracker(family, "here"), new ObjectWorld(), ProxyState.Empty);
            foreach (var step in steps)
            {
                world.Do(step, tracker);
                if (step.IsApplied)
                    seen = CheckChange(seen, tracker.Commit());
            }

            AssertSame(world.TellAll(new ServiceTracker(family, "here")).Commit().State, CheckChange(seen, tracker.Commit()));
        },
        iter: 2000);

    /// <summary>A frontend that is not named in the change is served as before.</summary>
    private static ProxyState CheckChange(ProxyState before, ProxyUpdate update)
    {
        foreach (var frontend in before.Claims.Keys.Union(update.State.Claims.Keys).Except(update.Change.Frontends))
            Assert.Equal(before.Serving(frontend), update.State.Serving(frontend));
        return update.State;
    }

    private static void AssertSame(ProxyState expected, ProxyState actual)
    {
        Assert.Equal(expected.Ports.OrderBy(p => p.Key), actual.Ports.OrderBy(p => p.Key));
        Assert.Equal(
            expected.Claims.Select(c => $"{c.Key} {string.Join(", ", c.Value)}").Order(),
            actual.Claims.Select(c => $"{c.Key} {string.Join(", ", c.Value)}").Order());
        Assert.Equal(expected.HealthChecks.OrderBy(h => h.Key.Name), actual.HealthChecks.OrderBy(h => h.Key.Name));
        Assert.Equal(expected.ServiceCidrs, actual.ServiceCidrs);
        Assert.Equal(expected.Problems, actual.Problems);
    }
}
