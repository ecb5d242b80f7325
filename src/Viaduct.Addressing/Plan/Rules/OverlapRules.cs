using static Viaduct.Addressing.RangeKind;

namespace Viaduct.Addressing.Rules;

/// <summary>Which ranges must be apart, and which within others.</summary>
internal static class OverlapRules
{
    private const string PodsReach = "a packet to such an address of the other network would go to a pod of this cluster";
    private const string ServicesReach = "pods could not reach such an address of the other network, as it may be that of a Service here";

    /// <summary>Rules for the ranges of a VPC as it is split into vSwitches.</summary>
    private static readonly PlanRule[] s_vSwitches =
    [
        new WithinRule("vswitch-in-vpc", Sources.AckPlanning, VSwitch, Vpc, "lies in no range of the VPC; a vSwitch is a part of its VPC, or all of it"),
        new DisjointRule("vswitches-apart", Sources.AckPlanning, VSwitch, VSwitch, "vSwitches of one VPC have no address in common"),
        new WithinRule("pod-vswitch-in-vpc", Sources.AckPlanning, PodVSwitch, Vpc, "lies in no range of the VPC; a pod vSwitch is a part of its VPC"),
        new DisjointRule("pod-vswitch-apart-from-nodes", Sources.AckPlanning, PodVSwitch, VSwitch, "pods and nodes need vSwitches of their own"),
        new DisjointRule("pod-vswitches-apart", Sources.AckPlanning, PodVSwitch, PodVSwitch, "vSwitches of one VPC have no address in common"),
    ];

    private static readonly PlanRule[] s_all =
    [
        new DisjointRule("pod-apart-from-service", Sources.AckPlanning, Pod, Service, "a Service's address must never be a pod's"),
        new DisjointRule("pod-apart-from-other-vpc", Sources.AckPlanning, Pod, OtherVpc, PodsReach),
        new DisjointRule("pod-apart-from-route", Sources.AckPlanning, Pod, Route, "the VPC sends these addresses elsewhere; a routed range counts as taken"),
        new DisjointRule("service-apart-from-other-pods", Sources.AckPlanning, Service, OtherPods, ServicesReach),
        new DisjointRule("service-apart-from-other-vpc", Sources.AckPlanning, Service, OtherVpc, ServicesReach),
        new DisjointRule("service-apart-from-route", Sources.ClusterNetworking, Service, Route, ServicesReach),
        new DisjointRule("vpc-apart-from-other-vpc", Sources.AckPlanning, Vpc, OtherVpc, "connected VPCs have no address in common"),
        new DisjointRule("vpc-apart-from-other-pods", Sources.AckPlanning, Vpc, OtherPods, "nodes with such addresses could not be reached from the other cluster"),
        Special("vpc-not-special", Vpc),
        Special("pod-not-special", Pod),
        Special("service-not-special", Service),
        Docker("vswitch-apart-from-docker", VSwitch),
        Docker("pod-vswitch-apart-from-docker", PodVSwitch),
        Docker("pod-apart-from-docker", Pod),
        Docker("service-apart-from-docker", Service),
    ];

    private static readonly PlanRule[] s_vpc =
    [
        new DisjointRule("pod-apart-from-vpc", Sources.AckPlanning, Pod, Vpc, "pod addresses are virtual and need a range of their own"),
        new DisjointRule("service-apart-from-vpc", Sources.AckPlanning, Service, Vpc, "Service addresses mean nothing outside the cluster and need a range of their own"),
    ];

    /// <summary>GKE takes pods and Services from ranges of the subnet, and knows no range of the VPC.</summary>
    private static readonly PlanRule[] s_gke =
    [
        new DisjointRule("vswitches-apart", Sources.GkeAlias, VSwitch, VSwitch, "subnets of one VPC have no address in common"),
        new DisjointRule("pod-apart-from-vswitch", Sources.GkeAlias, Pod, VSwitch, "the secondary range for pods and a subnet's primary range have no address in common"),
        new DisjointRule("service-apart-from-vswitch", Sources.GkeAlias, Service, VSwitch, "the range for Services and a subnet's primary range have no address in common"),
        Special("vswitch-not-special", VSwitch),
    ];

    private static readonly PlanRule s_podsOfOthers =
        new DisjointRule("pod-apart-from-other-pods", Sources.AckPlanning, Pod, OtherPods, "a pod address must lead to one cluster only");

    private static readonly PlanRule s_servicesOfOthers =
        new DisjointRule("service-apart-from-other-services", Sources.AckPlanning, Service, OtherServices, "allowed, as both mean nothing outside their cluster, but logs and captures of the two look alike") { Severity = FindingSeverity.Warning };

    private static readonly PlanRule[] s_outside =
    [
        Outside("vpc-apart-from-outside", Vpc), Outside("pod-apart-from-outside", Pod), Outside("service-apart-from-outside", Service),
    ];

    public static IEnumerable<PlanRule> For(ClusterPlan plan) =>
    [
        .. s_all,
        .. plan.Provider == PlanProvider.Gke ? s_gke : [.. s_vSwitches, .. s_vpc],
        // An overlay's addresses never leave its cluster (Azure CNI Overlay: "can be reused").
        .. plan.Provider == PlanProvider.Aks ? (PlanRule[])[] : [s_podsOfOthers],
        .. plan.Provider is PlanProvider.Ack or PlanProvider.Generic ? (PlanRule[])[s_servicesOfOthers] : [],
        .. plan.Provider == PlanProvider.Viaduct ? s_outside : [],
        // Legal for pods of EKS and GKE, who recommend it; the cloud's own services live there in ACK, whose rules say so.
        .. plan.Provider is PlanProvider.Ack or PlanProvider.Eks or PlanProvider.Gke ? [] : SharedAddressSpace(FindingSeverity.Warning, Sources.Rfc6598, "carriers and clouds use it for themselves"),
        .. plan.Provider == PlanProvider.Ack ? SharedAddressSpace(FindingSeverity.Error, Sources.AckAcs, "the cloud's own services have these addresses") : [],
    ];

    private static IEnumerable<PlanRule> SharedAddressSpace(FindingSeverity severity, string source, string why) =>
    [
        new DisjointRule("vpc-apart-from-shared-address-space", source, Vpc, RangeKind.SharedAddressSpace, why) { Severity = severity },
        new DisjointRule("pod-apart-from-shared-address-space", source, Pod, RangeKind.SharedAddressSpace, why) { Severity = severity },
        new DisjointRule("service-apart-from-shared-address-space", source, Service, RangeKind.SharedAddressSpace, why) { Severity = severity },
    ];

    private static DisjointRule Special(string name, RangeKind kind) =>
        new(name, Sources.Rfc6890, kind, RangeKind.Special, "no network carries these addresses as ordinary ones");

    private static DisjointRule Docker(string name, RangeKind kind) =>
        new(name, Sources.Docker, kind, DockerBridge, "a node that runs Docker keeps these addresses to itself") { Severity = FindingSeverity.Warning };

    private static DisjointRule Outside(string name, RangeKind kind) =>
        new(name, Sources.Viaduct, kind, RangeKind.Outside, "the host outside of the cluster lives there");
}
