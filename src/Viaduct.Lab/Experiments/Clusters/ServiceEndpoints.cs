using System.Net;
using System.Net.Sockets;
using Viaduct.Lab.Clusters;
using Viaduct.Lab.Engine;
using Viaduct.Lab.Filtering;
using Viaduct.Linux.Features;
using Viaduct.Linux.Namespaces;

namespace Viaduct.Lab.Experiments.Clusters;

/// <summary>Chapter 4: who is an endpoint of a Service, and what becomes of connections.</summary>
internal sealed class ServiceEndpoints : Experiment
{
    private const int HealthPort = 8081;

    public override string Name => "service-endpoints";

    public override LocalizedText Title => new("Endpoints come and go", "Endpoints 的增减");

    public override LocalizedText Introduction => new(
        "The Endpoints controller writes which pods of a Service are ready; the proxy of each node writes rules for them. Three pods of app=MyApp answer on port 9376 behind my-service. "
        + "web-3 is ready as long as a host that it depends on answers its readiness probe.",
        "Endpoints 控制器写下 Service 的哪些 Pod 已就绪，每个节点上的代理据此写规则。三个 app=MyApp 的 Pod 在 my-service 之后的 9376 端口应答。web-3 的就绪探针探测它所依赖的一台主机，该主机应答时它才算就绪。");

    public override string Essential => "wrong port";

    public override IReadOnlyList<KernelFeature> ProbeNeeds() => [PacketFilters.Probe()];

    public override async Task RunAsync(LabRun lab)
    {
        await using var cluster = await LabCluster.StartAsync(lab);
        var gateway = $"{cluster.Nodes[1].Plan.VSwitch.Gateways[0]}";
        var probe = $$"""{ "tcpSocket": { "host": "{{gateway}}", "port": {{HealthPort}} }, "periodSeconds": 1, "failureThreshold": 1 }""";
        var health = Listen(cluster);
        var address = (await cluster.AddServiceAsync()).Spec!.ClusterIP!;
        cluster.StartProxy(0);
        await cluster.AddPodAsync("client", 0, isInService: false);
        using var client = cluster.OpenPod("client", 0);
        var run = new Endpoints(lab, cluster, client, address);
        await lab.StepAsync(new("Three pods are ready.", "三个 Pod 都已就绪。"), () => run.BeginAsync(probe));
        await lab.StepAsync(new("The probe of web-3 fails.", "web-3 的探针失败。"), async () =>
        {
            health.Dispose();
            await run.UnreadyAsync();
        });
        await lab.StepAsync(new("web-4 is ready, and refuses connections on the Service's target port.", "web-4 已就绪，但在 Service 的目标端口上拒绝连接。"), run.RefuseAsync);
        await lab.StepAsync(new("Replace web-1 by web-5 while requests go on.", "在请求不断的情况下用 web-5 替换 web-1。"), run.ReplaceAsync);
    }

    private static Socket Listen(LabCluster cluster)
    {
        var socket = cluster.Router.Namespace.Run(() => new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp));
        socket.Bind(new IPEndPoint(IPAddress.Any, HealthPort));
        socket.Listen(64);
        return socket;
    }

    private sealed class Endpoints(LabRun lab, LabCluster cluster, NetNamespace client, string service)
    {
        private const int Many = 60;

        private readonly Dictionary<string, string> pods = [];

        public async Task BeginAsync(string probe)
        {
            await AddAsync("web-1", 0);
            await AddAsync("web-2", 1);
            await AddAsync("web-3", 1, probe: probe);
            await FollowAsync("web-1", "web-2", "web-3");
            lab.Shows(
                new("60 connections to the Service reach all three.", "60 个到 Service 的连接到达全部三个 Pod。"), ["web-1", "web-2", "web-3"], Pods(await AskAsync(Many)));
        }

        public async Task UnreadyAsync()
        {
            await cluster.WaitForPodAsync("web-3", isReady: false);
            await FollowAsync("web-1", "web-2");
            var answers = await AskAsync(Many);
            lab.Shows(
                new("The unready pod has left the endpoints, and then the rules: connections reach the other two, and none is refused.", "未就绪的 Pod 先从 Endpoints 中消失，再从规则中消失：连接只到达另外两个，没有一个被拒绝。"),
                ["0 refused", "web-1", "web-2"],
                [$"{answers.Count(a => a is null)} refused", .. Pods(answers)]);
            lab.Holds(
                new("The pod itself still runs and answers on its own address: unready means out of the Service, not stopped.", "这个 Pod 仍在运行，并在自己的地址上应答：未就绪只是离开 Service，并不是停止。"),
                (await Question.AskAsync(client, pods["web-3"], LabCluster.TargetPort))?.Pod == "web-3");
        }

        public async Task RefuseAsync()
        {
            var port = LabCluster.TargetPort;
            lab.Given("wrong port", () => port = 8080);
            await AddAsync("web-4", 0, port);
            await FollowAsync("web-1", "web-2", "web-4");
            var answers = await AskAsync(Many);
            lab.Holds(
                new(
                    "Some connections are refused: the kernel has chosen an endpoint for each, and passes the refusal on to the client. It tries no other pod; whoever wants that must connect again.",
                    "一部分连接被拒绝：内核已为每个连接选定一个端点，并把拒绝原样转给客户端。它不会再试别的 Pod；想重试的客户端必须自己重新连接。"),
                answers.Any(a => a is null),
                answers.Any(a => a is null) ? null : "all 60 connections were answered");
            lab.Shows(new("The others are answered by the two pods that listen.", "其余连接由另外两个正在监听的 Pod 应答。"), ["web-1", "web-2"], Pods(answers));
            await cluster.DeletePodAsync("web-4");
            pods.Remove("web-4");
            await FollowAsync("web-1", "web-2");
        }

        public async Task ReplaceAsync()
        {
            using var stop = new CancellationTokenSource();
            var asking = AskUntilAsync(stop.Token);
            await AddAsync("web-5", 1);
            await FollowAsync("web-1", "web-2", "web-5");
            await cluster.DeletePodAsync("web-1");
            await FollowAsync("web-2", "web-5");
            await stop.CancelAsync();
            var answers = await asking;
            lab.Holds(
                new("No connection was refused: the new pod joined before the old one left, and the old one answered until the rules had changed.", "没有连接被拒绝：新 Pod 在旧 Pod 离开之前加入，旧 Pod 在规则改变之前一直应答。"),
                answers.Count > 0 && answers.All(a => a is not null),
                answers.All(a => a is not null) ? null : $"{answers.Count(a => a is null)} of {answers.Count} were refused");
            lab.Shows(new("The Service has kept its address; behind it are now two others.", "Service 的地址没有变；它后面现在是另外两个 Pod。"), ["web-2", "web-5"], Pods(await AskAsync(Many)));
        }

        private async Task AddAsync(string name, int node, int port = LabCluster.TargetPort, string? probe = null) =>
            pods[name] = (await cluster.AddPodAsync(name, node, port, probe)).Status!.PodIP!;

        /// <summary>States who is an endpoint, first in the API, then in the kernel of the client's node.</summary>
        private async Task FollowAsync(params IReadOnlyList<string> ready)
        {
            var addresses = ready.Select(name => pods[name]).ToList();
            var slice = await cluster.WaitForSliceAsync(addresses);
            await cluster.WaitForRulesAsync(cluster.Nodes[0], addresses);
            lab.Typed("host", "kubectl get endpointslices -l kubernetes.io/service-name=my-service -o jsonpath='{.items[*].endpoints[?(@.conditions.ready)].addresses}'", string.Join(' ', LabCluster.Ready(slice).Order(StringComparer.Ordinal)));
        }

        private Task<IReadOnlyList<PodAnswer?>> AskAsync(int times) => Question.AskAsync(client, service, LabCluster.Port, times);

        private async Task<IReadOnlyList<PodAnswer?>> AskUntilAsync(CancellationToken stop)
        {
            var answers = new List<PodAnswer?>();
            while (!stop.IsCancellationRequested)
                answers.Add(await Question.AskAsync(client, service, LabCluster.Port));
            return answers;
        }

        private static IEnumerable<string> Pods(IEnumerable<PodAnswer?> answers) => answers.OfType<PodAnswer>().Select(a => a.Pod).Distinct().Order(StringComparer.Ordinal);
    }
}
