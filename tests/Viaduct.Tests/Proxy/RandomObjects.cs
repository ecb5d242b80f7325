using System.Net;
using CsCheck;
using Viaduct.Kube.Objects;
using Viaduct.Proxy.Model;
using static Viaduct.Tests.Proxy.Objects;

namespace Viaduct.Tests.Proxy;

/// <summary>A change of the API's objects: of Services of all types and policies and their slices, few enough to meet and to contradict each other; of ranges and of the node's zone.</summary>
internal sealed record ObjectStep
{
    private static readonly string[] Names = ["a", "b", "c"];

    private static readonly Gen<(string? Type, string? ClusterIP, string[]? Families, string[]? Addresses)> Kinds = OneOf<(string?, string?, string[]?, string[]?)>(
        ("ClusterIP", "10.0.0.1", null, null), ("NodePort", "10.0.0.2", ["IPv4"], ["10.0.0.2"]), ("LoadBalancer", "10.0.0.2", ["IPv4", "IPv6"], ["10.0.0.2", "fd00::2"]),
        ("LoadBalancer", "fd00::1", ["IPv6", "IPv4"], ["fd00::1", "10.0.0.3"]), ("ClusterIP", "None", ["IPv4"], ["None"]), ("ExternalName", "10.0.0.4", null, null),
        ("NodePort", "fd00::2", null, null), ("ClusterIP", "bad", null, null));

    private static readonly Gen<ServicePort[]> ServicePorts =
        from protocol in OneOf<string?>(null, "TCP", "UDP", "SCTP")
        from nodePort in OneOf<int?>(null, 30000, 30001, 70000)
        from second in Gen.Bool
        select second ? [Port("", 80, protocol, nodePort), Port("more", 81)] : new[] { Port("", 80, protocol, nodePort) };

    private static readonly Gen<Service> Services =
        from name in OneOf(Names)
        from kind in Kinds
        from ports in ServicePorts
        from policies in Gen.Int[0, 3]
        from external in OneOf("", "192.0.2.1", "10.0.0.1", "2001:db8::1")
        from balancers in OneOf<string[]>([], ["192.0.2.1"], ["192.0.2.8", "2001:db8::8"])
        from mode in OneOf<string?>(null, "VIP", "Proxy")
        from ranges in OneOf<string[]>([], ["10.8.0.0/16"], ["10.8.0.0/16", "10.8.1.0/24", "fd08::/64"], ["0.0.0.0/0"], ["10.9.9.9/24"])
        from affinity in OneOf(0, 10800, 60)
        from isOthers in Gen.Int[0, 9]
        select Make(name, kind, ports, policies, external, balancers, mode, ranges, affinity, isOthers == 0);

    private static readonly Gen<Endpoint> Endpoints =
        from address in Gen.Int[1, 4]
        from ready in Gen.Bool
        from serving in Gen.Bool
        from terminating in Gen.Bool
        from node in OneOf<string?>(null, "here", "there")
        from zone in OneOf<string?>(null, "z1", "z2")
        from hinted in OneOf<string?>(null, "here", "there")
        select Pod($"{address}", ready, serving, terminating, node) with
        {
            Hints = new() { ForZones = zone is null ? null : [new() { Name = zone }], ForNodes = hinted is null ? null : [new() { Name = hinted }] },
        };

    private static readonly Gen<EndpointSlice> Slices =
        from service in OneOf(Names)
        from name in OneOf("s1", "s2", "s3", "s4")
        from family in OneOf("IPv4", "IPv6")
        from portName in OneOf("", "more")
        from protocol in OneOf<string?>(null, "UDP", "SCTP")
        from number in OneOf(8080, 8081)
        from endpoints in Endpoints.Array[0, 3]
        select Slice(service, name, portName, number, endpoints.Select(e => e with { Addresses = [Address(family, e.Addresses![0])] })) with
        {
            AddressType = family, Ports = [new() { Name = portName, Port = number, Protocol = protocol }],
        };

    public static Gen<ObjectStep> Steps { get; } =
        from kind in Gen.Int[0, 10]
        from service in Services
        from slice in Slices
        from zone in OneOf<string?>(null, "z1", "z2")
        from ranges in OneOf<string[]>([], ["10.0.0.0/24"], ["10.0.0.0/24", "10.0.1.0/24", "fd00::/112"])
        from isApplied in Gen.Bool
        select new ObjectStep { Kind = kind, Service = service, Slice = slice, Zone = zone, ServiceCidrs = ranges, IsApplied = isApplied };

    public required int Kind { get; init; }

    public required Service Service { get; init; }

    public required EndpointSlice Slice { get; init; }

    public required string? Zone { get; init; }

    public required string[] ServiceCidrs { get; init; }

    /// <summary>Whether what changed so far is applied now, before the next step.</summary>
    public required bool IsApplied { get; init; }

    private static Service Make(
        string name, (string? Type, string? ClusterIP, string[]? Families, string[]? Addresses) kind, ServicePort[] ports, int policies, string external, string[] balancers, string? mode,
        string[] ranges, int affinity, bool isOthers)
    {
        var service = Service(name, kind.ClusterIP, ports);
        return service with
        {
            Metadata = isOthers ? service.Metadata with { Labels = new Dictionary<string, string> { ["service.kubernetes.io/service-proxy-name"] = "other" } } : service.Metadata,
            Spec = service.Spec! with
            {
                Type = kind.Type,
                IpFamilies = kind.Families,
                ClusterIPs = kind.Addresses,
                InternalTrafficPolicy = (policies & 1) == 0 ? "Cluster" : "Local",
                ExternalTrafficPolicy = (policies & 2) == 0 ? "Cluster" : "Local",
                ExternalIPs = [external],
                HealthCheckNodePort = 31000,
                LoadBalancerSourceRanges = ranges,
                SessionAffinity = affinity == 0 ? "None" : "ClientIP",
                SessionAffinityConfig = affinity == 0 ? null : new() { ClientIP = new() { TimeoutSeconds = affinity } },
            },
            Status = new() { LoadBalancer = new() { Ingress = [.. balancers.Select(b => new LoadBalancerIngress { Ip = b, IpMode = mode })] } },
        };
    }

    private static string Address(string family, string number) => number == "4" ? "nonsense" : family == "IPv4" ? $"10.1.0.{number}" : $"fd01::{number}";

    private static Gen<T> OneOf<T>(params T[] values) => Gen.Int[0, values.Length - 1].Select(i => values[i]);
}

/// <summary>The objects that there are after some steps.</summary>
internal sealed class ObjectWorld
{
    private readonly Dictionary<string, Service> services = [];
    private readonly Dictionary<string, EndpointSlice> slices = [];
    private string? zone;
    private string[] ranges = [];

    /// <summary>Does a step, and tells it to the trackers.</summary>
    public void Do(ObjectStep step, params IEnumerable<ServiceTracker> trackers)
    {
        var change = Change(step);
        foreach (var tracker in trackers)
            change(tracker);
    }

    /// <summary>Tells everything to a tracker that knows nothing yet, in another order than it came.</summary>
    public ServiceTracker TellAll(ServiceTracker tracker)
    {
        foreach (var slice in slices.Values.Reverse())
            tracker.Set(slice);
        foreach (var service in services.Values.Reverse())
            tracker.Set(service);
        tracker.SetZone(zone);
        tracker.SetServiceCidrs(ranges.Select(IPNetwork.Parse));
        return tracker;
    }

    private Action<ServiceTracker> Change(ObjectStep step)
    {
        var (service, slice) = (step.Service, step.Slice);
        switch (step.Kind)
        {
            case < 4:
                services[service.Metadata.Name!] = service;
                return t => t.Set(service);
            case < 7:
                slices[slice.Metadata.Name!] = slice;
                return t => t.Set(slice);
            case 7:
                services.Remove(service.Metadata.Name!);
                return t => t.Remove(service);
            case 8:
                slices.Remove(slice.Metadata.Name!);
                return t => t.Remove(slice);
            case 9:
                zone = step.Zone;
                return t => t.SetZone(step.Zone);
            default:
                ranges = step.ServiceCidrs;
                return t => t.SetServiceCidrs(step.ServiceCidrs.Select(IPNetwork.Parse));
        }
    }
}
