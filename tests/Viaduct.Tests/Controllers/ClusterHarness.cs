using System.Net;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging.Abstractions;
using Viaduct.Controllers;
using Viaduct.Kube.Api;
using Viaduct.Kube.Objects;
using Viaduct.Tests.Fakes;
using KubeNode = Viaduct.Kube.Objects.Node;

namespace Viaduct.Tests.Controllers;

/// <summary>All controllers and played nodes over an API in memory.</summary>
internal sealed class ClusterHarness : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private Task _controllers = Task.CompletedTask;
    private Task _kubelet = Task.CompletedTask;
    private CancellationTokenSource _stopControllers = new();

    public ClusterHarness() => Kubelet = new FakeKubelet(Api);

    public FakeKubeApi Api { get; } = new();

    public FakeKubelet Kubelet { get; }

    public IReadOnlyList<Pod> Pods => Api.All<Pod>();

    public static async Task<ClusterHarness> StartAsync(int nodes = 2, string podCidr = "172.20.0.0/16", int nodeMask = 24)
    {
        var harness = new ClusterHarness();
        for (var i = 1; i <= nodes; i++)
            await harness.AddNodeAsync($"node-{i}");
        harness.StartControllers(podCidr, nodeMask);
        harness._kubelet = harness.Kubelet.RunAsync(harness._stop.Token);
        return harness;
    }

    public void StartControllers(string podCidr = "172.20.0.0/16", int nodeMask = 24)
    {
        _stopControllers = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
        var options = new ControllerOptions { PodCidr = IPNetwork.Parse(podCidr), NodeMask = nodeMask };
        _controllers = ControllerManager.RunAsync(Api, options, NullLoggerFactory.Instance, _stopControllers.Token);
    }

    public async Task StopControllersAsync()
    {
        await _stopControllers.CancelAsync();
        await _controllers;
    }

    public Task<KubeNode> AddNodeAsync(string name, bool ready = true, string? podCidr = null) => Api.CreateRawAsync<KubeNode>(
        null,
        Json($$$"""
        {"metadata": {"name": "{{{name}}}", "labels": {"kubernetes.io/hostname": "{{{name}}}", "topology.kubernetes.io/zone": "zone-of-{{{name}}}"} },
         "spec": {{{(podCidr is null ? "{}" : $$"""{"podCIDR": "{{podCidr}}" }""")}}},
         "status": {"conditions": [{"type": "Ready", "status": "{{{(ready ? "True" : "False")}}}"}] } }
        """),
        CancellationToken.None);

    public Task<Deployment> DeployAsync(string name, int replicas, string image = "one", string strategy = "{}") => Api.CreateRawAsync<Deployment>(
        "shop",
        Json($$$"""
        {"metadata": {"name": "{{{name}}}"},
         "spec": {"replicas": {{{replicas}}}, "strategy": {{{strategy}}}, "selector": {"matchLabels": {"app": "{{{name}}}"} },
          "template": {"metadata": {"labels": {"app": "{{{name}}}"} },
           "spec": {"containers": [{"name": "c", "image": "{{{image}}}", "ports": [{"name": "web", "containerPort": 9376}]}]} } } }
        """),
        CancellationToken.None);

    public Task<Service> ServeAsync(string name, string extra = "") => Api.CreateRawAsync<Service>(
        "shop",
        Json($$$"""
        {"metadata": {"name": "{{{name}}}"},
         "spec": { {{{extra}}} "selector": {"app": "{{{name}}}"}, "ports": [{"name": "http", "port": 80, "targetPort": "web", "protocol": "TCP"}] } }
        """),
        CancellationToken.None);

    public Task ScaleAsync(string name, int replicas) => PatchAsync<Deployment>(name, $$"""{"spec": {"replicas": {{replicas}} } }""");

    public Task PatchAsync<T>(string name, string patch)
        where T : class, IKubeObject<T> =>
        Api.PatchAsync<T>("shop", name, Json(patch), null, CancellationToken.None);

    public Task DeleteAsync<T>(string name)
        where T : class, IKubeObject<T> =>
        Api.DeleteAsync<T>("shop", name, DeleteQuery.Default, CancellationToken.None);

    /// <summary>Waits until so many pods of the app run and are ready, and no others are there.</summary>
    public Task RunningAsync(string app, int count) =>
        Api.UntilAsync(() => Pods.Where(p => p.Metadata.Labels!["app"] == app).ToList() is var pods && pods.Count == count && pods.All(p => p.IsReady()));

    public IEnumerable<string> EventsAbout(string name) =>
        Api.All<Event>().Where(e => e.InvolvedObject!.Name == name).Select(e => $"{e.Reason}: {e.Message}");

    public static JsonObject Json(string text) => JsonNode.Parse(text)!.AsObject();

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_controllers, _kubelet);
        _stopControllers.Dispose();
        _stop.Dispose();
    }
}
