using System.Net;
using Viaduct.Kube.Objects;
using Viaduct.Node.Network.Routing;

namespace Viaduct.Cluster.Checks;

/// <summary>Where a probe starts.</summary>
/// <param name="Kind">Pod, node, or the outside host.</param>
/// <param name="Name">What to show: <c>namespace/pod</c>, the node's name, or <c>outside</c>.</param>
/// <param name="Node">The node whose agent makes the probe; null for the outside host.</param>
public sealed record CheckSource(CheckSourceKind Kind, string Name, string? Node);

public enum CheckSourceKind
{
    Pod,
    Node,
    Outside,
}

/// <summary>What a probe tries: one port of one Service, by its ClusterIP or by the node port of one node.</summary>
/// <param name="Service"><c>namespace/name</c>.</param>
/// <param name="Via"><c>ClusterIP</c>, or the name of the node whose node port is tried.</param>
/// <param name="Protocol">TCP or UDP.</param>
/// <param name="Address">Where the packets go.</param>
/// <param name="Port">To which port.</param>
/// <param name="Refused">True when the Service has no ready endpoint: a refusal is then the right answer.</param>
/// <param name="Silent">True when a UDP backend is a program of the user's, which need not answer.</param>
public sealed record CheckTarget(string Service, string Via, string Protocol, string Address, int Port, bool Refused, bool Silent)
{
    /// <summary>The nodes from which, and from whose pods, it should be reached; null is from everywhere. By a traffic policy Local others' packets are dropped.</summary>
    public IReadOnlyCollection<string>? OnlyFrom { get; init; }

    /// <summary>How the target is called in the table's head.</summary>
    public string Title => $"{Service} {(Via == ClusterIP ? "" : Via + " ")}{Port}/{Protocol}";

    public const string ClusterIP = "ClusterIP";
}

/// <summary>
/// What should reach what: pods and nodes every Service port and every node port, the outside host only the node ports. Pure.
/// </summary>
public sealed record CheckPlan(IReadOnlyList<CheckSource> Sources, IReadOnlyList<CheckTarget> Targets)
{
    public static CheckPlan From(ClusterObjects objects)
    {
        var sources = objects.Pods.Where(IsRunning)
            .Select(p => new CheckSource(CheckSourceKind.Pod, $"{p.Metadata.Namespace}/{p.Metadata.Name}", p.Spec!.NodeName))
            .Concat(objects.Nodes.Select(n => new CheckSource(CheckSourceKind.Node, n.Metadata.Name!, n.Metadata.Name)))
            .Append(new CheckSource(CheckSourceKind.Outside, "outside", null));
        var targets = objects.Services.Where(HasClusterIP).SelectMany(s => TargetsOf(s, objects));
        return new CheckPlan([.. sources], [.. targets]);
    }

    /// <summary>A ClusterIP means nothing outside of the cluster; and a traffic policy may keep some out.</summary>
    public static bool ShouldReach(CheckSource source, CheckTarget target) =>
        (source.Kind != CheckSourceKind.Outside || target.Via != CheckTarget.ClusterIP) && target.OnlyFrom?.Contains(source.Node) != false;

    private static bool IsRunning(Pod pod) =>
        pod is { Status.Phase: "Running", Status.PodIP: not null, Spec.NodeName: not null, Metadata.DeletionTimestamp: null };

    private static bool HasClusterIP(Service service) =>
        service.Spec is { ClusterIP: not (null or "" or "None"), Type: not "ExternalName" };

    private static IEnumerable<CheckTarget> TargetsOf(Service service, ClusterObjects objects)
    {
        var name = $"{service.Metadata.Namespace}/{service.Metadata.Name}";
        var addresses = service.Spec!.ClusterIPs is { Count: > 0 } many ? many : [service.Spec.ClusterIP!];
        foreach (var address in addresses.Where(a => IPAddress.TryParse(a, out _)).Select(IPAddress.Parse))
        {
            foreach (var target in TargetsOf(service, name, address, objects))
                yield return target;
        }
    }

    /// <summary>What should work in the family of one ClusterIP.</summary>
    private static IEnumerable<CheckTarget> TargetsOf(Service service, string name, IPAddress address, ClusterObjects objects)
    {
        foreach (var port in (service.Spec!.Ports ?? []).Where(p => p.Protocol is null or "TCP" or "UDP"))
        {
            var protocol = port.Protocol ?? "TCP";
            var ready = objects.NodesOfReadyEndpoints(service, port, address.AddressFamily);
            var refused = ready.Count == 0;
            var silent = protocol == "UDP" && !objects.AllBackendsAreStandIns(service);
            yield return new CheckTarget(name, CheckTarget.ClusterIP, protocol, address.ToString(), port.Port, refused, silent)
            {
                OnlyFrom = service.Spec.InternalTrafficPolicy == "Local" && !refused ? ready : null,
            };
            if (port.NodePort is not { } nodePort)
                continue;
            foreach (var node in objects.Nodes)
            {
                if (PeerNode.From(node).Address(address.AddressFamily) is { } own)
                    yield return new CheckTarget(name, node.Metadata.Name!, protocol, own.ToString(), nodePort, refused, silent)
                    {
                        // What begins on the node itself is led anywhere.
                        OnlyFrom = service.Spec.ExternalTrafficPolicy == "Local" && !refused && !ready.Contains(node.Metadata.Name!) ? [node.Metadata.Name!] : null,
                    };
            }
        }
    }
}
