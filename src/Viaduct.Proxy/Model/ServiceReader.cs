using System.Collections.Immutable;
using System.Net;
using Viaduct.Kube.Objects;

namespace Viaduct.Proxy.Model;

/// <summary>Reads what a Service asks of the proxy in one family; what cannot be served is named and left out.</summary>
/// <param name="family">Which addresses count.</param>
/// <param name="nodeAddress">This node's primary address of the family; none when it is unknown.</param>
/// <param name="pool">Shares names.</param>
internal sealed class ServiceReader(IPFamily family, PackedAddress nodeAddress, StringPool pool)
{
    // The API server fills it in; kube-proxy relies on that.
    private const int DefaultAffinitySeconds = 10800;

    /// <summary>
    /// The Service's ports, still without endpoints; none when it is nothing to us: headless, an alias, another proxy's, or of the other
    /// family. Problems are added to <paramref name="problems"/>.
    /// </summary>
    public ServicePortState[] Read(Service service, ServiceName name, List<string> problems)
    {
        if (service.Spec is not { Ports: { Count: > 0 } wanted } spec || ClusterIPOf(service, name, problems) is not { } clusterIP)
            return [];
        var model = ReadShared(service, name, clusterIP, problems);
        var tells = IsOfThisFamily(spec.ClusterIP ?? "");
        var ports = new List<ServicePortState>(wanted.Count);
        foreach (var port in wanted)
        {
            if (Problem(port, ports) is not { } problem)
                ports.Add(ReadPort(model, port));
            else if (tells)
                problems.Add($"Service {name}, port {Describe(port)} is not served: {problem}.");
        }

        return [.. ports];
    }

    /// <summary><c>spec.healthCheckNodePort</c> where it counts; otherwise 0.</summary>
    public static ushort HealthCheckPortOf(Service service) =>
        service.Spec is { Type: "LoadBalancer", HealthCheckNodePort: > 0 and <= 65535 and var port } && IsExternalLocal(service.Spec) ? (ushort)port : (ushort)0;

    private PackedAddress? ClusterIPOf(Service service, ServiceName name, List<string> problems)
    {
        if (Ownership.IsOthers(service.Metadata) || service.Spec!.Type == "ExternalName" || ClusterIPText(service.Spec) is not { Length: > 0 } text || text == "None")
            return null;
        if (!AddressText.TryParse(text, out var address) || address.IsNone)
        {
            if (IsOfThisFamily(text))
                problems.Add($"Service {name} is not served: its clusterIP \"{text}\" is not an IP address.");
            return null;
        }

        return address.Family == family ? address : null;
    }

    private string? ClusterIPText(ServiceSpec spec)
    {
        // "None" and "" count wherever they stand: such a Service has no address in any family.
        if (spec.ClusterIP is null or "" or "None" || spec.IpFamilies is null or { Count: 0 })
            return spec.ClusterIP;
        for (var i = 0; i < spec.IpFamilies.Count; i++)
        {
            if (spec.IpFamilies[i] == family.ToString())
                return spec.ClusterIPs is { } all && i < all.Count ? all[i] : null;
        }

        return null;
    }

    /// <summary>What all ports of the Service have in common.</summary>
    private ServicePortState ReadShared(Service service, ServiceName name, PackedAddress clusterIP, List<string> problems)
    {
        var spec = service.Spec!;
        var balancers = BalancerAddresses(service, name, problems);
        return new ServicePortState
        {
            Name = new ServicePortName(name.Namespace, name.Name, ""),
            ClusterIP = clusterIP,
            Protocol = TransportProtocol.Tcp,
            Port = 0,
            ExternalIPs = Addresses(spec.ExternalIPs ?? [], "externalIPs", name, problems),
            LoadBalancerIPs = balancers,
            SourceRanges = SourceRanges(spec, balancers, name, problems),
            InternalLocal = spec.InternalTrafficPolicy == "Local",
            ExternalLocal = IsExternalLocal(spec),
            AffinitySeconds = spec.SessionAffinity == "ClientIP" ? spec.SessionAffinityConfig?.ClientIP?.TimeoutSeconds ?? DefaultAffinitySeconds : 0,
        };
    }

    private ServicePortState ReadPort(ServicePortState model, ServicePort port) => model with
    {
        Name = model.Name with { Port = pool.Share(port.Name) },
        Protocol = TransportProtocols.Parse(port.Protocol)!.Value,
        Port = (ushort)port.Port,
        NodePort = (ushort)(port.NodePort ?? 0),
    };

    /// <summary>The policy is about clients from outside; a Service that has none keeps the field sometimes.</summary>
    private static bool IsExternalLocal(ServiceSpec spec) =>
        spec.ExternalTrafficPolicy == "Local" && (spec.Type is "NodePort" or "LoadBalancer" || spec.ExternalIPs is { Count: > 0 });

    private ImmutableArray<PackedAddress> BalancerAddresses(Service service, ServiceName name, List<string> problems)
    {
        if (service.Status?.LoadBalancer?.Ingress is not { Count: > 0 } ingress)
            return [];
        // With mode Proxy the balancer itself answers on its address: pods must go to it and not past it.
        return Addresses(ingress.Where(i => i.IpMode is null or "VIP").Select(i => i.Ip ?? ""), "status.loadBalancer.ingress", name, problems);
    }

    private ImmutableArray<PackedAddress> Addresses(IEnumerable<string> texts, string field, ServiceName name, List<string> problems)
    {
        var addresses = new List<PackedAddress>();
        foreach (var text in texts)
        {
            if (string.IsNullOrWhiteSpace(text) || !IsOfThisFamily(text))
                continue;
            if (!AddressText.TryParse(text.AsSpan().Trim(), out var address))
                problems.Add($"Service {name} is served without \"{text}\" of {field}, which is not an IP address.");
            else if (!addresses.Contains(address))
                addresses.Add(address);
        }

        return [.. addresses];
    }

    private ImmutableArray<IPNetwork> SourceRanges(ServiceSpec spec, ImmutableArray<PackedAddress> balancers, ServiceName name, List<string> problems)
    {
        var ranges = new List<IPNetwork>();
        foreach (var text in spec.LoadBalancerSourceRanges ?? [])
        {
            if (string.IsNullOrWhiteSpace(text) || !IsOfThisFamily(text))
                continue;
            if (!AddressText.TryParseNetwork(text.AsSpan().Trim(), out var range))
                problems.Add($"Service {name} is served without \"{text}\" of loadBalancerSourceRanges, which is not a network such as 10.0.0.0/8.");
            else if (!ranges.Contains(range))
                ranges.Add(range);
        }

        if (ranges.Any(r => r.PrefixLength == 0))
            return [];
        // A node that has the balancer's address itself calls it with that address as the source.
        if (!nodeAddress.IsNone && ranges.Any(r => r.Contains(nodeAddress.ToIPAddress())))
            ranges.AddRange(balancers.Select(AddressText.NetworkOf).Where(b => !ranges.Contains(b)).ToList());
        return [.. ranges];
    }

    /// <summary>By its look, whether it can be parsed or not: so a mistake is told by one family and not by both.</summary>
    private bool IsOfThisFamily(string text) => text.Contains(':') == (family == IPFamily.IPv6);

    private static string? Problem(ServicePort port, List<ServicePortState> others) =>
        TransportProtocols.Parse(port.Protocol) is null ? $"protocol {port.Protocol} is none of TCP, UDP and SCTP"
        : port.Port is < 1 or > 65535 ? $"{port.Port} is not between 1 and 65535"
        : port.NodePort is < 0 or > 65535 ? $"its nodePort {port.NodePort} is not between 1 and 65535"
        : others.Any(o => o.Name.Port == (port.Name ?? "")) ? "another port of the Service has the same name"
        : null;

    private static string Describe(ServicePort port) => port.Name is { Length: > 0 } name ? $"{name} ({port.Port})" : $"{port.Port}";
}
