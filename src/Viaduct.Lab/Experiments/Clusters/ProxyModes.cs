using System.Net;
using Viaduct.Lab.Clusters;
using Viaduct.Lab.Engine;
using Viaduct.Lab.Filtering;
using Viaduct.Linux.Features;
using Viaduct.Linux.Namespaces;
using Viaduct.Proxy.Backends;
using Viaduct.Proxy.Model;

namespace Viaduct.Lab.Experiments.Clusters;

/// <summary>Chapter 5: the same requests under each mode of the proxy.</summary>
internal sealed class ProxyModes : Experiment
{
    private const int Many = 40;

    public override string Name => "proxy-modes";

    public override LocalizedText Title => new("One Service, each mode of the proxy", "同一个 Service，代理的每种模式");

    public override LocalizedText Introduction => new(
        "A client pod on node-1 asks my-service, whose pods are on node-2: web-1, which answers, and web-2, which is ready and refuses connections. The proxy of node-1 serves the Service by one mode after the other, and the same is asked each time: "
        + "where the kernel sends the connection, whose address the pod sees, and what happens when the chosen pod refuses.",
        "node-1 上的客户端 Pod 访问 my-service，它的 Pod 在 node-2 上：web-1 会应答，web-2 已就绪但拒绝连接。node-1 的代理依次用每种模式提供这个 Service，每次都看同样的三件事：内核把连接送到哪里，Pod 看到的是谁的地址，选中的 Pod 拒绝时会怎样。");

    public override string Essential => "wrong port";

    public override IReadOnlyList<KernelFeature> ProbeNeeds() => [PacketFilters.Probe()];

    public override async Task RunAsync(LabRun lab)
    {
        await using var cluster = await LabCluster.StartAsync(lab);
        var port = LabCluster.TargetPort;
        lab.Given("wrong port", () => port = 8080);
        var clientAddress = (await cluster.AddPodAsync("client", 0, isInService: false)).Status!.PodIP!;
        var pods = new[] { await cluster.AddPodAsync("web-1", 1), await cluster.AddPodAsync("web-2", 1, port) }.Select(p => p.Status!.PodIP!).ToList();
        var service = (await cluster.AddServiceAsync()).Spec!.ClusterIP!;
        cluster.StartProxy(0);
        await cluster.WaitForRulesAsync(cluster.Nodes[0], pods);
        using var client = cluster.OpenPod("client", 0);
        var place = new Place(lab, cluster.Nodes[0], client, clientAddress, pods[0], service);
        await lab.StepAsync(new("userspace: the proxy's process copies.", "userspace：代理进程复制数据。"), FindMissing(ProxyMode.Userspace), place.UserspaceAsync);
        await lab.StepAsync(new("iptables: rules of the kernel, in chains that are run through.", "iptables：内核中的规则，逐链匹配。"), FindMissing(ProxyMode.Iptables), () => place.KernelAsync(ProxyMode.Iptables));
        await lab.StepAsync(new("nftables: rules of the kernel, in maps that are looked up.", "nftables：内核中的规则，查表匹配。"), FindMissing(ProxyMode.Nftables), () => place.KernelAsync(ProxyMode.Nftables));
        await lab.OptionalStepAsync(new("ipvs: the kernel's load balancer, where the kernel has it.", "ipvs：内核的负载均衡器（如果内核带有它）。"), FindMissing(ProxyMode.Ipvs), () => place.KernelAsync(ProxyMode.Ipvs));
    }

    private static string? FindMissing(ProxyMode mode)
    {
        using var trial = NetNamespace.Create();
        return trial.Run(() => LabBackends.FindMissing(mode));
    }

    private sealed class Place(LabRun lab, LabNode node, NetNamespace client, string clientAddress, string pod, string service)
    {
        public async Task UserspaceAsync()
        {
            var answers = await SwitchAndAskAsync(ProxyMode.Userspace);
            var one = answers.OfType<PodAnswer>().First();
            lab.Holds(
                new("The kernel sends the connection to the proxy on the node itself, not to a pod: connection tracking says so.", "内核把连接送给本节点上的代理，而不是 Pod：连接跟踪说明了这一点。"),
                LeadsTo(one) is { } target && !target.Address.Equals(IPAddress.Parse(pod)));
            lab.Shows(
                new("So the pod sees the node's address: who asks it is the proxy. The client's address is lost.", "因此 Pod 看到的是节点的地址：向它发起连接的是代理。客户端的地址丢失了。"),
                [$"client {node.Plan.Address}"],
                Clients(answers));
            lab.Holds(
                new("No request fails: when the pod that it has chosen refuses, the proxy connects to the next one.", "没有请求失败：选中的 Pod 拒绝时，代理会连接下一个。"),
                answers.All(a => a is not null),
                answers.All(a => a is not null) ? null : $"{answers.Count(a => a is null)} of {Many} were refused");
        }

        public async Task KernelAsync(ProxyMode mode)
        {
            var answers = await SwitchAndAskAsync(mode);
            lab.Shows(
                new("The kernel itself sends the connection to the pod: it is translated, not copied.", "内核自己把连接送到 Pod：是地址转换，不是复制。"),
                [$"{pod}:{LabCluster.TargetPort}"],
                answers.OfType<PodAnswer>().Select(a => $"{LeadsTo(a)}").Distinct());
            lab.Shows(new("The pod sees the client's own address.", "Pod 看到的是客户端自己的地址。"), [$"client {clientAddress}"], Clients(answers));
            lab.Holds(
                new("Some requests are refused: the kernel does not try another pod.", "一部分请求被拒绝：内核不会再试另一个 Pod。"),
                answers.Any(a => a is null),
                answers.Any(a => a is null) ? null : $"all {Many} were answered");
        }

        private async Task<IReadOnlyList<PodAnswer?>> SwitchAndAskAsync(ProxyMode mode)
        {
            lab.Typed("host", $"viaduct proxy-mode {mode.Name()}");
            await node.SwitchAsync(mode);
            return await Question.AskAsync(client, service, LabCluster.Port, Many);
        }

        /// <summary>Where the packets of a connection really go.</summary>
        private IPEndPoint? LeadsTo(PodAnswer answer) => node.Conntrack.List((byte)TransportProtocol.Tcp)
            .FirstOrDefault(f => f.Original.Source.Equals(answer.From) && f.Original.Destination.Address.Equals(IPAddress.Parse(service)))?.Reply.Source;

        private static IEnumerable<string> Clients(IEnumerable<PodAnswer?> answers) => answers.OfType<PodAnswer>().Select(a => $"client {a.Client}").Distinct();
    }
}
