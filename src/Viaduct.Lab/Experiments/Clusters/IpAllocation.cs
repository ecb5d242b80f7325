using System.Net;
using Viaduct.Addressing;
using Viaduct.Kube.Api;
using Viaduct.Lab.Clusters;
using Viaduct.Lab.Drawing;
using Viaduct.Lab.Engine;
using Viaduct.Lab.Filtering;
using Viaduct.Lab.Network;
using Viaduct.Linux.Features;
using Viaduct.Linux.Route;
using KubeNode = Viaduct.Kube.Objects.Node;

namespace Viaduct.Lab.Experiments.Clusters;

/// <summary>Chapter 1: node, pod and cluster IPs come from three ranges, by three allocators.</summary>
internal sealed class IpAllocation : Experiment
{
    private static readonly (string Name, int Node)[] s_pods = [("web-1", 0), ("web-2", 0), ("web-3", 1)];

    public override string Name => "ip-allocation";

    public override LocalizedText Title => new("Three ranges of addresses", "三个地址段");

    public override LocalizedText Introduction => new(
        "A node has an address of the VPC, from the vSwitch of its zone. A pod has an address of the Pod CIDR, from the block that its node owns. A Service has an address of the Service CIDR. "
        + "The API says who was given what; the kernel says where it is.",
        "节点的地址来自 VPC，属于其可用区的交换机（vSwitch）。Pod 的地址来自 Pod 网段中其所在节点拥有的那一块。Service 的地址来自 Service 网段。API 说明谁分到了什么，内核说明它在哪里。");

    public override string Essential => "proxy";

    public override IReadOnlyList<KernelFeature> ProbeNeeds() => [PacketFilters.Probe()];

    public override async Task RunAsync(LabRun lab)
    {
        await using var cluster = await LabCluster.StartAsync(lab);
        await lab.StepAsync(new("Two nodes in two zones of the VPC 192.168.0.0/16.", "VPC 192.168.0.0/16 的两个可用区中各有一个节点。"), () => NodesAsync(lab, cluster));
        await lab.StepAsync(new("Three pods, two of them on node-1.", "三个 Pod，其中两个在 node-1 上。"), () => PodsAsync(lab, cluster));
        await lab.StepAsync(new("A Service in front of them.", "在它们前面放一个 Service。"), () => ServiceAsync(lab, cluster));
        await lab.StepAsync(new("Ranges that overlap.", "重叠的网段。"), () => Overlap(lab));
    }

    private static async Task NodesAsync(LabRun lab, LabCluster cluster)
    {
        var nodes = (await cluster.Api.ListAsync<KubeNode>(ListQuery.All, default)).Items.OrderBy(n => n.Metadata.Name, StringComparer.Ordinal).ToList();
        lab.Typed("host", "kubectl get nodes -o custom-columns=NAME:.metadata.name,IP:.status.addresses[0].address,PODCIDR:.spec.podCIDR --no-headers",
            string.Join('\n', nodes.Select(n => $"{n.Metadata.Name}   {Address(n)}   {n.Spec?.PodCIDR}")));
        lab.Shows(
            new("Each node's eth0 has the address that the API tells, out of the vSwitch of its zone: 192.168.0.0/19 and 192.168.64.0/19.", "每个节点的 eth0 上就是 API 所说的地址，来自其可用区的交换机：192.168.0.0/19 和 192.168.64.0/19。"),
            nodes.Select((n, i) => $"{n.Metadata.Name} eth0 {Address(n)}/19"),
            cluster.Nodes.Select(n => $"{n.Plan.Name} eth0 {n.Host.Addresses("eth0").Single()}"));
        lab.Holds(
            new("Each node was given a block of its own of the Pod CIDR 172.20.0.0/16, which no other node has.", "每个节点都从 Pod 网段 172.20.0.0/16 中分到自己的一块，其他节点没有。"),
            nodes.Select(n => IPNetwork.Parse(n.Spec!.PodCIDR!)).ToList() is var blocks && blocks.Distinct().Count() == blocks.Count
                && blocks.All(b => cluster.Spec.ToPlan().PodCidr.Primary.Contains(b.BaseAddress)));

        static string? Address(KubeNode node) => node.Status?.Addresses?.First(a => a.Type == "InternalIP").Address;
    }

    private static async Task PodsAsync(LabRun lab, LabCluster cluster)
    {
        var told = new List<string>();
        foreach (var (name, node) in s_pods)
            told.Add($"{name}   {(await cluster.AddPodAsync(name, node)).Status!.PodIP}   {cluster.Nodes[node].Plan.Name}");
        lab.Typed("host", "kubectl get pods -o custom-columns=NAME:.metadata.name,IP:.status.podIP,NODE:.spec.nodeName --no-headers", string.Join('\n', told));
        lab.Shows(
            new("Each pod's eth0, in a network namespace of its own, has the address that the API tells; it is out of its node's block.", "每个 Pod 的 eth0 在自己的网络命名空间中，地址就是 API 所说的，来自所在节点的那一块。"),
            told.Select(t => t.Split("   ")).Select(t => $"{t[0]} eth0 {t[1]}/24"),
            s_pods.Select(p => $"{p.Name} eth0 {PodAddress(cluster, p.Name, p.Node)}"));
        lab.Shows(
            new("The first address of the block is the gateway: the bridge cni0 of the node, to which the pods are connected.", "块中的第一个地址是网关：节点上的网桥 cni0，各 Pod 都连在它上面。"),
            ["node-1 cni0 172.20.0.1/24", "node-2 cni0 172.20.1.1/24"],
            cluster.Nodes.Select(n => $"{n.Plan.Name} cni0 {n.Host.Addresses("cni0").Single()}"));
        using var first = cluster.OpenPod("web-1", 0);
        using var second = cluster.OpenPod("web-2", 0);
        var view = NetworkReader.Read([new("node-1", cluster.Nodes[0].Host.Namespace), new("web-1", first), new("web-2", second)]);
        lab.Draw(PortNames.Shorten(new NetworkView([cluster.Nodes[0].Host.AsSeen(view.Namespaces[0]), .. view.Namespaces.Skip(1)])));
    }

    private static async Task ServiceAsync(LabRun lab, LabCluster cluster)
    {
        var address = (await cluster.AddServiceAsync()).Spec!.ClusterIP!;
        var pods = s_pods.Select(p => PodAddress(cluster, p.Name, p.Node).Split('/')[0]).ToList();
        await cluster.WaitForSliceAsync(pods);
        var served = Task.CompletedTask;
        lab.Given("proxy", () =>
        {
            cluster.StartProxy(0);
            served = cluster.WaitForRulesAsync(cluster.Nodes[0], pods);
        });
        await served;
        lab.Holds(new("Its cluster IP is out of the Service CIDR 172.21.0.0/20.", "它的 ClusterIP 来自 Service 网段 172.21.0.0/20。"), cluster.Spec.ToPlan().ServiceCidr.Primary.Contains(IPAddress.Parse(address)), null);
        var everywhere = cluster.Nodes.SelectMany(n => n.Host.Addresses()).Concat(cluster.Router.Addresses()).Concat(s_pods.Select(p => PodAddress(cluster, p.Name, p.Node)));
        lab.Holds(new("No device has it: not on a node, not in a pod, not on the VPC's router.", "没有任何设备拥有这个地址：节点上没有，Pod 中没有，VPC 路由器上也没有。"), !everywhere.Any(a => a.StartsWith($"{address}/", StringComparison.Ordinal)));
        using var pod = cluster.OpenPod("web-1", 0);
        lab.Holds(
            new("Yet it answers a pod of a node that has a proxy: rules in the node's kernel send the connection to one of the three pods.", "但在有代理的节点上，Pod 访问它却有应答：节点内核中的规则把连接送到三个 Pod 之一。"),
            await Question.AskAsync(pod, address, LabCluster.Port) is not null);
        lab.Holds(
            new("To the VPC's router it means nothing: there is no route, and no rule.", "对 VPC 路由器来说它没有任何意义：没有路由，也没有规则。"),
            await Question.AskAsync(cluster.Router.Namespace, address, LabCluster.Port) is null);
    }

    private static void Overlap(LabRun lab)
    {
        var plan = ClusterPlan.Default with
        {
            Vpc = IPNetwork.Parse("172.16.0.0/12"),
            VSwitches = [new("a", IPNetwork.Parse("172.24.0.0/19"))],
            PodCidr = IPNetwork.Parse("172.16.0.0/16"),
            ServiceCidr = IPNetwork.Parse("10.96.0.0/16"),
        };
        var findings = plan.Validate();
        lab.Holds(
            new(
                "A Pod CIDR inside of the VPC is refused before anything is made: the router could not tell pods from nodes.",
                "位于 VPC 之内的 Pod 网段在创建任何东西之前就会被拒绝：路由器无法区分 Pod 和节点。"),
            findings.Count > 0,
            string.Join('\n', findings));
    }

    private static string PodAddress(LabCluster cluster, string name, int node)
    {
        using var pod = cluster.OpenPod(name, node);
        using var route = RouteClient.In(pod);
        return LabHost.Addresses(route, "eth0").First(a => a.Contains('.', StringComparison.Ordinal));
    }
}
