using CsCheck;
using Viaduct.Linux.Namespaces;
using Viaduct.Linux.Nftables;
using Viaduct.Proxy;
using Viaduct.Proxy.Backends.Nftables;
using Viaduct.Proxy.Model;
using Viaduct.Tests.Proxy;

namespace Viaduct.Tests.Kernel.Proxy;

/// <summary>From changes of objects to the kernel's tables of both families.</summary>
public class ObjectChangesTests
{
    private static readonly IPFamily[] Families = [IPFamily.IPv4, IPFamily.IPv6];

    [Fact]
    public void Objects_that_change_step_by_step_leave_in_the_kernel_what_a_fresh_write_of_the_last_ones_makes() =>
        ObjectStep.Steps.Array[1, 20].Sample(
            steps =>
            {
                using var place = new Place();
                using var other = new Place();
                var world = new ObjectWorld();
                foreach (var step in steps)
                {
                    world.Do(step, place.Trackers);
                    if (step.IsApplied)
                        place.Apply();
                }

                place.Apply();
                foreach (var tracker in other.Trackers)
                    world.TellAll(tracker);
                other.Apply();
                Assert.All(Families, f => Assert.Equal(TableContents.Of(f, other.Namespace), TableContents.Of(f, place.Namespace)));
            },
            iter: 15, threads: 1);

    /// <summary>A namespace with a proxy for each family.</summary>
    private sealed class Place : IDisposable
    {
        private readonly Dictionary<IPFamily, (ServiceTracker Tracker, NftablesBackend Backend)> proxies;

        public Place()
        {
            var commits = new OwnCommits();
            proxies = Families.ToDictionary(f => f, f => (
                new ServiceTracker(f, "here"),
                new NftablesBackend(NftClient.In(Namespace), new BackendOptions { Family = f, LocalDetector = new LocalDetector.Bridge("cni0") }, NftMonitor.In(Namespace), commits)));
        }

        public NetNamespace Namespace { get; } = NetNamespace.Create();

        public IEnumerable<ServiceTracker> Trackers => proxies.Values.Select(p => p.Tracker);

        public void Apply()
        {
            foreach (var (tracker, backend) in proxies.Values)
            {
                var update = tracker.Commit();
                Assert.Empty(backend.ApplyAsync(update.Change, update.State, default).Result.Refused);
            }
        }

        public void Dispose()
        {
            foreach (var (_, backend) in proxies.Values)
                backend.Dispose();
            Namespace.Dispose();
        }
    }
}
