using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging.Abstractions;
using Viaduct.Controllers;
using Viaduct.Kube.Api;
using Viaduct.Kube.Config;
using Viaduct.Kube.Http;
using Viaduct.Kube.Informers;
using Viaduct.Kube.Objects;
using Viaduct.Tests.Fakes;
using Viaduct.Tests.KubeServer;
using KubeNode = Viaduct.Kube.Objects.Node;

namespace Viaduct.Tests.Controllers;

/// <summary>The controllers in process with the embedded API, the nodes over HTTP: as a cluster runs them.</summary>
public sealed class EmbeddedApiTests(ServerHarness server) : IClassFixture<ServerHarness>
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_hundred_pods_run_scale_roll_and_go()
    {
        using var http = HttpKubeApi.FromKubeconfig(Kubeconfig.Load(server.KubeconfigPath));
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        var slices = new Informer<EndpointSlice>(http, new ListQuery { Namespace = "shop" }, NullLogger.Instance);
        var pods = new Informer<Pod>(http, new ListQuery { Namespace = "shop" }, NullLogger.Instance);
        await server.Server.Api.CreateAsync(new Namespace { Metadata = new() { Name = "shop" } }, Ct);
        for (var i = 0; i < 10; i++)
            await AddNodeAsync($"node-{i}");
        Task[] running =
        [
            ControllerManager.RunAsync(server.Server.Api, new ControllerOptions(), NullLoggerFactory.Instance, stop.Token),
            new FakeKubelet(http).RunAsync(stop.Token), slices.RunAsync(stop.Token), pods.RunAsync(stop.Token),
        ];
        await ApplyAsync(http, 100, "one");
        await UntilAsync(slices, () => Ready(slices) == 100);
        Assert.All(pods.Items.Values.CountBy(p => p.Spec!.NodeName!), n => Assert.Equal(10, n.Value));
        await ApplyAsync(http, 10, "two");
        await UntilAsync(pods, () => pods.Items.Count == 10 && pods.Items.Values.All(p => p.Spec!.Containers![0].Image == "two"));
        await UntilAsync(slices, () => Ready(slices) == 10);
        await http.DeleteAsync<Namespace>(null, "shop", DeleteQuery.Default, Ct);
        await UntilAsync(pods, () => pods.Items.Count == 0);
        await UntilAsync(slices, () => slices.Items.Count == 0);
        await stop.CancelAsync();
        await Task.WhenAll(running);
    }

    private Task<KubeNode> AddNodeAsync(string name) => AddAsync(Json($$$"""
        {"metadata": {"name": "{{{name}}}"}, "status": {"conditions": [{"type": "Ready", "status": "True"}] } }
        """));

    private async Task<KubeNode> AddAsync(JsonObject node)
    {
        var made = await server.Server.Api.CreateRawAsync<KubeNode>(null, node, Ct);
        return await server.Server.Api.PatchAsync<KubeNode>(null, made.Metadata.Name!, new JsonObject { ["status"] = node["status"]!.DeepClone() }, "status", Ct);
    }

    private static async Task ApplyAsync(HttpKubeApi api, int replicas, string image)
    {
        var text = $$$"""
            apiVersion: v1
            kind: Service
            metadata: {name: web, namespace: shop}
            spec: {selector: {app: web}, ports: [{port: 80, targetPort: web}]}
            ---
            apiVersion: apps/v1
            kind: Deployment
            metadata: {name: web, namespace: shop}
            spec:
              replicas: {{{replicas}}}
              selector: {matchLabels: {app: web} }
              template:
                metadata: {labels: {app: web} }
                spec: {containers: [{name: c, image: {{{image}}}, ports: [{name: web, containerPort: 9376}] }] }
            """;
        await new Viaduct.Kube.Manifests.ManifestApplier(api).ApplyAsync(Viaduct.Kube.Manifests.YamlManifest.Parse(text, "web.yaml"), Ct);
    }

    private static int Ready(Informer<EndpointSlice> slices) =>
        slices.Items.Values.SelectMany(s => s.Endpoints ?? []).Count(e => e.Conditions!.Ready == true);

    private static async Task UntilAsync<T>(Informer<T> informer, Func<bool> condition)
        where T : class, IKubeObject<T>
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        limit.CancelAfter(TimeSpan.FromSeconds(60));
        while (true)
        {
            var changed = informer.ChangedAsync(limit.Token);
            if (condition())
                return;
            await changed;
        }
    }

    private static JsonObject Json(string text) => JsonNode.Parse(text)!.AsObject();
}
