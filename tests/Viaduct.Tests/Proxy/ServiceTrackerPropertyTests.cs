using CsCheck;
using Viaduct.Kube.Objects;
using Viaduct.Proxy.Model;
using static Viaduct.Tests.Proxy.Objects;

namespace Viaduct.Tests.Proxy;

/// <summary>The way to a state leaves no trace in it.</summary>
public class ServiceTrackerPropertyTests
{
    private static readonly string[] s_names = ["a", "b", "c"];

    private static readonly Gen<Service> s_service =
        from name in OneOf(s_names)
        from ip in OneOf("10.0.0.1", "10.0.0.2", "None", "fd00::1", "bad")
        from nodePort in OneOf<int?>(null, 30000, 30001, 70000)
        from internalPolicy in OneOf("Cluster", "Local")
        from externalPolicy in OneOf("Cluster", "Local")
        from external in OneOf("", "192.0.2.1", "10.0.0.1")
        from second in Gen.Bool
        select Make(name, ip, nodePort, internalPolicy, externalPolicy, external, second);

    private static readonly Gen<Endpoint> s_endpoint =
        from address in OneOf("10.1.0.1", "10.1.0.2", "10.1.0.3", "nonsense")
        from ready in Gen.Bool
        from terminating in Gen.Bool
        from node in OneOf<string?>(null, "here", "there")
        from zone in OneOf<string?>(null, "z1", "z2")
        select Pod(address, ready, true, terminating, node) with { Hints = zone is null ? null : new() { ForZones = [new() { Name = zone }] } };

    private static readonly Gen<EndpointSlice> s_slice =
        from service in OneOf(s_names)
        from name in OneOf("s1", "s2", "s3")
        from port in OneOf("", "more")
        from endpoints in s_endpoint.Array[0, 3]
        select Slice(service, name, port, 8080, endpoints);

    private static readonly Gen<(int Kind, Service Service, EndpointSlice Slice, string? Zone, bool Commits)> s_step =
        Gen.Select(Gen.Int[0, 9], s_service, s_slice, OneOf<string?>(null, "z1", "z2"), Gen.Bool);

    [Fact]
    public void Any_way_to_the_same_objects_leads_to_the_same_state() => s_step.Array[1, 30].Sample(
        steps =>
        {
            var (tracker, objects, slices, zone) = (new ServiceTracker("here"), new Dictionary<string, Service>(), new Dictionary<string, EndpointSlice>(), (string?)null);
            var seen = ProxyState.Empty;
            foreach (var step in steps)
            {
                Apply(step.Kind, step, tracker, objects, slices, ref zone);
                if (step.Commits)
                    seen = CheckChange(seen, tracker.Commit());
            }

            seen = CheckChange(seen, tracker.Commit());
            var fresh = new ServiceTracker("here");
            foreach (var slice in slices.Values.Reverse())
                fresh.Set(slice);
            foreach (var service in objects.Values.Reverse())
                fresh.Set(service);
            fresh.SetZone(zone);
            AssertSame(fresh.Commit().State, seen);
        },
        iter: 2000);

    private static void Apply(
        int kind, (int, Service Service, EndpointSlice Slice, string? Zone, bool) step, ServiceTracker tracker,
        Dictionary<string, Service> services, Dictionary<string, EndpointSlice> slices, ref string? zone)
    {
        var (serviceName, sliceName) = (step.Service.Metadata.Name!, step.Slice.Metadata.Name!);
        switch (kind)
        {
            case < 4:
                tracker.Set(services[serviceName] = step.Service);
                break;
            case < 7:
                tracker.Set(slices[sliceName] = step.Slice);
                break;
            case 7 when services.Remove(serviceName, out var service):
                tracker.Remove(service);
                break;
            case 8 when slices.Remove(sliceName, out var slice):
                tracker.Remove(slice);
                break;
            case 9:
                tracker.SetZone(zone = step.Zone);
                break;
        }
    }

    /// <summary>A frontend that is not named in the change is served as before.</summary>
    private static ProxyState CheckChange(ProxyState before, ProxyUpdate update)
    {
        foreach (var frontend in before.Claims.Keys.Union(update.State.Claims.Keys).Except(update.Change.Frontends))
            Assert.Equal(before.Serving(frontend), update.State.Serving(frontend));
        return update.State;
    }

    private static Gen<T> OneOf<T>(params T[] values) => Gen.Int[0, values.Length - 1].Select(i => values[i]);

    private static void AssertSame(ProxyState expected, ProxyState actual)
    {
        Assert.Equal(expected.Ports.OrderBy(p => p.Key), actual.Ports.OrderBy(p => p.Key));
        Assert.Equal(
            expected.Claims.Select(c => $"{c.Key} {string.Join(", ", c.Value)}").Order(),
            actual.Claims.Select(c => $"{c.Key} {string.Join(", ", c.Value)}").Order());
        Assert.Equal(expected.HealthChecks.OrderBy(h => h.Key.Name), actual.HealthChecks.OrderBy(h => h.Key.Name));
    }

    private static Service Make(string name, string ip, int? nodePort, string internalPolicy, string externalPolicy, string external, bool second)
    {
        ServicePort[] ports = second ? [Port("", 80, null, nodePort), Port("more", 81)] : [Port("", 80, null, nodePort)];
        var service = Service(name, ip, ports);
        return service with
        {
            Spec = service.Spec! with
            {
                Type = "LoadBalancer",
                InternalTrafficPolicy = internalPolicy,
                ExternalTrafficPolicy = externalPolicy,
                ExternalIPs = [external],
                HealthCheckNodePort = 31000,
            },
        };
    }
}
