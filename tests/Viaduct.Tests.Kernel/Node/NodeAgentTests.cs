using System.Net.Http.Json;
using System.Text.Json;
using Viaduct.Kube.Api;
using Viaduct.Kube.Objects;
using Viaduct.Linux.Route;
using Viaduct.Node.Network.Routing;
using Viaduct.Node.Server;
using KubeNode = Viaduct.Kube.Objects.Node;

namespace Viaduct.Tests.Kernel.Node;

public class NodeAgentTests
{
    private const string StandIn = """{"containers":[{"name":"c","image":"nginx","ports":[{"containerPort":80},{"containerPort":53,"protocol":"UDP"}]}]}""";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_stand_in_pod_becomes_ready_answers_and_leaves_nothing_when_deleted()
    {
        await using var lab = await AgentLab.StartAsync();
        await lab.CreatePodAsync("web", StandIn);
        var pod = await lab.ReadyPodAsync("web");
        var status = pod.Status!;
        Assert.Equal(("Running", "192.168.0.3"), (status.Phase, status.HostIP));
        Assert.StartsWith("172.20.0.", status.PodIP, StringComparison.Ordinal);
        Assert.StartsWith("viaduct://", status.ContainerStatuses!.Single().ContainerId, StringComparison.Ordinal);
        Assert.Equal($"pod: web\naddress: {status.PodIP}\nclient: 172.20.0.1:", (await Client.TcpAsync(lab.Node, status.PodIP!, 80, "x"))[..^6].TrimEnd('0', '1', '2', '3', '4', '5', '6', '7', '8', '9'));
        Assert.Contains("pod: web", await Client.UdpAsync(lab.Node, status.PodIP!, 53), StringComparison.Ordinal);

        await lab.DeletePodAsync("web");
        await lab.PodGoneAsync("web");
        await Eventually.True(() => Files(lab, "run/netns").Length == 0, "a namespace is left");
        await Eventually.True(() => Files(lab, "state/sandboxes").Length == 0, "a sandbox's record is left");
        // The logs go last, after the object in the API.
        await Eventually.True(() => Directory.GetDirectories(Path.Combine(lab.Directory, "state/pods")).Length == 0, "logs are left");
        Assert.DoesNotContain(Files(lab, "state/ipam"), f => File.ReadAllText(f).Contains("eth0", StringComparison.Ordinal));
        using var route = RouteClient.In(lab.Node);
        Assert.DoesNotContain(route.ListLinks(), l => l.Name.StartsWith("veth", StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_node_says_who_it_is()
    {
        await using var lab = await AgentLab.StartAsync();
        var node = await lab.Api.GetAsync<KubeNode>(null, AgentLab.NodeName, Cancellation);
        Assert.Equal("192.168.0.3", node.InternalIP());
        Assert.Equal(("node-1", "a", "linux"), (node.Metadata.Labels!["kubernetes.io/hostname"], node.Metadata.Labels["topology.kubernetes.io/zone"], node.Metadata.Labels["kubernetes.io/os"]));
        Assert.Equal("1", lab.Node.Run(() => global::Viaduct.Linux.Sysctls.Sysctl.Read("net.ipv4.ip_forward")));
    }

    [Fact]
    public async Task Routes_follow_the_nodes_and_stale_ones_go()
    {
        await using var lab = await AgentLab.StartAsync();
        using var route = RouteClient.In(lab.Node);
        await lab.Api.CreateRawAsync<KubeNode>(null, AgentLab.NodeJson("node-2", "192.168.0.9", "172.20.1.0/24"), Cancellation);
        await lab.Api.CreateRawAsync<KubeNode>(null, AgentLab.NodeJson("node-3", "192.168.64.9", "172.20.2.0/24"), Cancellation);
        await Eventually.True(() => Routes(route) == "0.0.0.0/0 via 192.168.0.1, 172.20.1.0/24 via 192.168.0.9", "routes: " + Routes(route));
        await lab.Api.DeleteAsync<KubeNode>(null, "node-2", DeleteQuery.Default, Cancellation);
        await Eventually.True(() => Routes(route) == "0.0.0.0/0 via 192.168.0.1", "routes: " + Routes(route));
    }

    [Fact]
    public async Task A_command_runs_in_the_pod_s_network_and_its_output_is_the_log()
    {
        await using var lab = await AgentLab.StartAsync();
        await lab.CreatePodAsync("job", """
            {"restartPolicy":"Never","containers":[{"name":"c","image":"x","command":["sh","-c","echo $GREETING from $POD; hostname; cat /sys/class/net/eth0/operstate; echo problem >&2; exit 3"],
             "env":[{"name":"POD","valueFrom":{"fieldRef":{"fieldPath":"metadata.name"}}},{"name":"GREETING","value":"hello"}]}]}
            """);
        var pod = await lab.PodAsync("job", p => p.Status?.Phase == "Failed");
        var end = pod.Status!.ContainerStatuses!.Single().State!.Terminated!;
        Assert.Equal((3, "Error"), (end.ExitCode, end.Reason));
        Assert.Equal("hello from job\njob\nup\nproblem\n", string.Join('\n', (await LogAsync(lab, "job")).Split('\n').OrderBy(l => l == "problem" ? 1 : l.Length == 0 ? 2 : 0)));
        await Eventually.True(() => Files(lab, "run/netns").Length == 0, "the network of a finished pod is left");
    }

    [Fact]
    public async Task A_failing_container_is_restarted_with_back_off_and_its_previous_log_is_there()
    {
        await using var lab = await AgentLab.StartAsync();
        await lab.CreatePodAsync("crash", """{"containers":[{"name":"c","image":"x","command":["sh","-c","echo run; exit 1"]}]}""");
        var pod = await lab.PodAsync("crash", p => p.Status?.ContainerStatuses?[0].State?.Waiting?.Reason == "CrashLoopBackOff");
        var status = pod.Status!.ContainerStatuses!.Single();
        Assert.Equal((1, 1, false), (status.RestartCount, status.LastState!.Terminated!.ExitCode, status.Ready));
        Assert.Equal("Running", pod.Status.Phase);
        Assert.Equal("run\n", await LogAsync(lab, "crash", "?previous=true"));
    }

    [Fact]
    public async Task A_command_that_does_not_exist_is_a_start_error_with_a_sentence()
    {
        await using var lab = await AgentLab.StartAsync();
        await lab.CreatePodAsync("wrong", """{"restartPolicy":"Never","containers":[{"name":"c","image":"x","command":["/no/such/program"]}]}""");
        var pod = await lab.PodAsync("wrong", p => p.Status?.Phase == "Failed");
        var end = pod.Status!.ContainerStatuses!.Single().State!.Terminated!;
        Assert.Equal("StartError", end.Reason);
        Assert.Contains("\"/no/such/program\": executable file not found on this machine", end.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Init_containers_run_first_and_sidecars_beside()
    {
        await using var lab = await AgentLab.StartAsync();
        await lab.CreatePodAsync("init", """
            {"initContainers":[{"name":"i1","image":"x","command":["sh","-c","echo first"]},{"name":"side","image":"x","restartPolicy":"Always","command":["sleep","1000"]},{"name":"i2","image":"x"}],
             "containers":[{"name":"c","image":"x"}]}
            """);
        var pod = await lab.ReadyPodAsync("init");
        Assert.Equal([true, false, true], pod.Status!.InitContainerStatuses!.Select(s => s.State!.Terminated is { ExitCode: 0 }));
        Assert.Equal("first\n", await LogAsync(lab, "init", container: "i1"));
        await lab.DeletePodAsync("init", 1);
        await lab.PodGoneAsync("init");
    }

    [Fact]
    public async Task A_readiness_probe_makes_and_unmakes_readiness()
    {
        await using var lab = await AgentLab.StartAsync();
        await lab.CreatePodAsync("probed", """
            {"containers":[{"name":"c","image":"x","command":["sleep","1000"],"readinessProbe":{"exec":{"command":["test","-e","/proc/self/root/tmp/viaduct-no-such-file"]},"periodSeconds":1}},
                           {"name":"s","image":"x","ports":[{"containerPort":80,"name":"http"}],"readinessProbe":{"httpGet":{"port":"http"},"periodSeconds":1}}]}
            """);
        var pod = await lab.PodAsync("probed", p => p.Status?.ContainerStatuses?.Any(c => c.Ready) ?? false);
        Assert.Equal([false, true], pod.Status!.ContainerStatuses!.Select(c => c.Ready));
        Assert.False(pod.IsReady());
    }

    [Fact]
    public async Task A_failing_liveness_probe_restarts_the_container()
    {
        await using var lab = await AgentLab.StartAsync();
        await lab.CreatePodAsync("sick", """
            {"terminationGracePeriodSeconds":1,"containers":[{"name":"c","image":"x","command":["sleep","1000"],"livenessProbe":{"tcpSocket":{"port":81},"periodSeconds":1,"failureThreshold":1}}]}
            """);
        var pod = await lab.PodAsync("sick", p => p.Status?.ContainerStatuses?[0].RestartCount >= 1);
        var last = pod.Status!.ContainerStatuses![0].LastState!.Terminated!;
        Assert.Equal(128 + 15, last.ExitCode);
    }

    [Fact]
    public async Task A_container_that_ignores_SIGTERM_is_killed_after_the_grace_period()
    {
        await using var lab = await AgentLab.StartAsync();
        await lab.CreatePodAsync("stubborn", """{"containers":[{"name":"c","image":"x","command":["sh","-c","trap '' TERM; echo ready; while :; do sleep 0.1; done"]}]}""");
        await lab.ReadyPodAsync("stubborn");
        await Eventually.True(async () => await LogAsync(lab, "stubborn") == "ready\n", () => "the command did not start");
        await lab.DeletePodAsync("stubborn", 1);
        await lab.PodGoneAsync("stubborn");
    }

    [Fact]
    public async Task A_pod_deleted_by_force_ends_at_once()
    {
        await using var lab = await AgentLab.StartAsync();
        await lab.CreatePodAsync("forced", """{"containers":[{"name":"c","image":"x","command":["sh","-c","trap '' TERM; while :; do sleep 0.1; done"]}]}""");
        await lab.ReadyPodAsync("forced");
        await lab.DeletePodAsync("forced", 0);
        await Eventually.True(() => Files(lab, "run/netns").Length == 0, "the network is left");
    }

    [Fact]
    public async Task A_host_network_pod_has_the_node_s_address()
    {
        await using var lab = await AgentLab.StartAsync();
        await lab.CreatePodAsync("host", """{"hostNetwork":true,"containers":[{"name":"c","image":"x","ports":[{"containerPort":8080}]}]}""");
        var pod = await lab.ReadyPodAsync("host");
        Assert.Equal("192.168.0.3", pod.Status!.PodIP);
        Assert.Contains("client: 192.168.0.1:", await Client.TcpAsync(lab.Router, "192.168.0.3", 8080, "x"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Traffic_to_the_VPC_keeps_the_pod_s_address_and_other_traffic_has_the_node_s()
    {
        await using var lab = await AgentLab.StartAsync();
        await lab.CreatePodAsync("client", """{"containers":[{"name":"c","image":"x","command":["sleep","1000"]}]}""");
        var pod = await lab.ReadyPodAsync("client");
        using (var route = RouteClient.In(lab.Router))
        {
            route.AddRoute(new RouteSpec { Destination = System.Net.IPNetwork.Parse("172.20.0.0/24"), Gateway = System.Net.IPAddress.Parse("192.168.0.3") });
            route.AddAddress(new AddressSpec { LinkIndex = route.GetLink("lo").Index, Address = System.Net.IPAddress.Parse("203.0.113.10"), PrefixLength = 32 });
        }

        using var log = new Viaduct.Node.Logs.ContainerLog(Path.Combine(lab.Directory, "outside.log"), TimeProvider.System);
        using var server = Viaduct.Node.StandIns.TcpStandIn.Start(lab.Router, 80, new("outside", "-"), log);
        var answers = await CheckAsync(lab, [Probe("default/client", "192.168.0.1", 80), Probe("default/client", "203.0.113.10", 80)]);
        Assert.All(answers, a => Assert.True(a.Ok, a.Error));
        var lines = await File.ReadAllLinesAsync(log.FilePath, Cancellation);
        Assert.Contains(lines, l => l.Contains($"from {pod.Status!.PodIP}:", StringComparison.Ordinal));
        Assert.Contains(lines, l => l.Contains("from 192.168.0.3:", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Connectivity_is_tried_from_inside_the_namespaces()
    {
        await using var lab = await AgentLab.StartAsync();
        await lab.CreatePodAsync("a", StandIn);
        await lab.CreatePodAsync("b", StandIn);
        var address = (await lab.ReadyPodAsync("b")).Status!.PodIP!;
        await lab.ReadyPodAsync("a");
        var answers = await CheckAsync(lab,
            [Probe("node", address, 80), Probe("default/a", address, 80), Probe("default/a", address, 53) with { Protocol = "UDP" }, Probe("default/a", address, 81), Probe("default/none", address, 80)]);
        Assert.Equal([true, true, true, false, false], answers.Select(a => a.Ok));
        Assert.All(answers[..3], a => Assert.Equal("pod: b", a.Reply));
        Assert.Contains("refused", answers[3].Error, StringComparison.Ordinal);
        Assert.Contains("default/none", answers[4].Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_new_agent_removes_the_old_sandboxes_and_starts_the_pods_anew()
    {
        await using var lab = await AgentLab.StartAsync();
        await lab.CreatePodAsync("web", StandIn);
        await lab.CreatePodAsync("cmd", """{"containers":[{"name":"c","image":"x","command":["sleep","1000"]}]}""");
        var before = await lab.ReadyPodAsync("web");
        await lab.ReadyPodAsync("cmd");
        await lab.StopAgentAsync();
        Assert.Equal(2, Files(lab, "run/netns").Length);
        lab.StartAgent();
        var after = await lab.PodAsync("web", p => p.IsReady() && p.Status!.ContainerStatuses![0].RestartCount == 1);
        await lab.PodAsync("cmd", p => p.IsReady() && p.Status!.ContainerStatuses![0].RestartCount == 1);
        Assert.Equal(before.Metadata.Uid, after.Metadata.Uid);
        Assert.Equal(2, Files(lab, "run/netns").Length);
        Assert.Equal(2, Files(lab, "state/sandboxes").Length);
        Assert.Contains("pod: web", await Client.TcpAsync(lab.Node, after.Status!.PodIP!, 80, "x"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_network_that_cannot_be_made_is_an_event_and_is_tried_again()
    {
        await using var lab = await AgentLab.StartAsync();
        var netns = Path.Combine(lab.Directory, "run/netns");
        Directory.CreateDirectory(Path.GetDirectoryName(netns)!);
        await File.WriteAllTextAsync(netns, "in the way", Cancellation);
        var pod = await lab.CreatePodAsync("late", StandIn);
        await Eventually.True(
            async () => (await lab.Api.ListAsync<Event>(ListQuery.All, Cancellation)).Items.Any(e => e.Reason == "FailedCreatePodSandBox" && e.InvolvedObject?.Uid == pod.Metadata.Uid),
            () => "no event");
        File.Delete(netns);
        await lab.ReadyPodAsync("late");
    }

    [Fact]
    public async Task An_agent_that_has_stopped_leaves_no_plugin_at_work()
    {
        using var directory = new TemporaryDirectory();
        var (plugin, id) = (Path.Combine(directory.Path, "plugin"), Path.Combine(directory.Path, "id"));
        await File.WriteAllTextAsync(plugin, $"#!/bin/sh\n[ \"$CNI_COMMAND\" = ADD ] || exit 0\necho $$ > {id}.new && mv {id}.new {id}\nexec sleep 600\n", Cancellation);
        File.SetUnixFileMode(plugin, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        await using var lab = await AgentLab.StartAsync(plugin);
        await lab.CreatePodAsync("slow", StandIn);
        await Eventually.True(() => File.Exists(id), "the plugin was not called");
        await lab.StopAgentAsync();
        Assert.False(Directory.Exists($"/proc/{(await File.ReadAllTextAsync(id, Cancellation)).Trim()}"));
    }

    [Fact]
    public async Task Fifty_pods_become_ready()
    {
        await using var lab = await AgentLab.StartAsync();
        await Task.WhenAll(Enumerable.Range(0, 50).Select(i => lab.CreatePodAsync($"p{i}", StandIn)));
        var pods = await Task.WhenAll(Enumerable.Range(0, 50).Select(i => lab.ReadyPodAsync($"p{i}")));
        Assert.Equal(50, pods.Select(p => p.Status!.PodIP).Distinct().Count());
    }

    private static ConnectivityProbe Probe(string from, string address, int port) => new() { From = from, Address = address, Port = port };

    private static async Task<ConnectivityResult[]> CheckAsync(AgentLab lab, ConnectivityProbe[] probes)
    {
        using var http = Client.Agent(lab.SocketPath);
        using var response = await http.PostAsJsonAsync("/viaduct/probe", probes, Viaduct.Node.Server.NodeJson.Default.ConnectivityProbeArray, Cancellation);
        response.EnsureSuccessStatusCode();
        return JsonSerializer.Deserialize(await response.Content.ReadAsStringAsync(Cancellation), Viaduct.Node.Server.NodeJson.Default.ConnectivityResultArray)!;
    }

    private static async Task<string> LogAsync(AgentLab lab, string pod, string query = "", string container = "c")
    {
        using var http = Client.Agent(lab.SocketPath);
        return await http.GetStringAsync($"/containerLogs/default/{pod}/{container}{query}", Cancellation);
    }

    private static string[] Files(AgentLab lab, string directory) =>
        Directory.Exists(Path.Combine(lab.Directory, directory)) ? Directory.GetFiles(Path.Combine(lab.Directory, directory), "*", SearchOption.AllDirectories) : [];

    private static string Routes(RouteClient route) =>
        string.Join(", ", route.ListRoutes().Where(r => r.Protocol == PodRoute.DefaultProtocol).Select(r => $"{r.Destination} via {r.Gateway}").Order());
}
