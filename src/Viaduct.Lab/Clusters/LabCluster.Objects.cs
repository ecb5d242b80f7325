using System.Text.Json.Nodes;
using Viaduct.Kube.Api;
using Viaduct.Kube.Objects;
using Viaduct.Lab.Engine;
using Viaduct.Linux.Namespaces;

namespace Viaduct.Lab.Clusters;

/// <content>Pods and Services.</content>
internal sealed partial class LabCluster
{
    public const string ServiceName = "my-service";

    public const int Port = 80, TargetPort = 9376;

    /// <summary>Creates a ready pod of app=MyApp on a node; a stand-in that answers on port 9376 with its name and the client's address.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="node">The node's number, from 0.</param>
    /// <param name="listensOn">Its port; another one than 9376 makes it refuse what the Service sends.</param>
    /// <param name="probe">The readiness probe.</param>
    /// <param name="isInService">Whether it is one of app=MyApp.</param>
    public async Task<Pod> AddPodAsync(string name, int node, int listensOn = TargetPort, string? probe = null, bool isInService = true)
    {
        var json = JsonNode.Parse($$"""
            {
              "apiVersion": "v1", "kind": "Pod",
              "metadata": { "name": "{{name}}", "labels": { "app": "{{(isInService ? "MyApp" : name)}}" } },
              "spec": {
                "nodeName": "{{nodes[node].Plan.Name}}",
                "containers": [ { "name": "main", "image": "example/my-app", "ports": [ { "containerPort": {{listensOn}} } ]{{(probe is null ? "" : $", \"readinessProbe\": {probe}")}} } ]
              }
            }
            """)!.AsObject();
        await Api.CreateRawAsync<Pod>("default", json, stop.Token);
        return await WaitForPodAsync(name, isReady: true);
    }

    public Task<Pod> WaitForPodAsync(string name, bool isReady) => WaitForAsync<Pod>(
        new ListQuery { Namespace = "default", FieldSelector = $"metadata.name={name}" }, p => p.Status?.PodIP is not null && p.IsReady() == isReady, $"pod {name} is {(isReady ? "ready" : "unready")}");

    public Task DeletePodAsync(string name) => Api.DeleteAsync<Pod>("default", name, new DeleteQuery(), stop.Token);

    /// <summary>Creates the Service of app=MyApp: port 80, target port 9376.</summary>
    public Task<Service> AddServiceAsync() => Api.CreateRawAsync<Service>("default", JsonNode.Parse($$"""
        {
          "apiVersion": "v1", "kind": "Service",
          "metadata": { "name": "{{ServiceName}}" },
          "spec": { "selector": { "app": "MyApp" }, "ports": [ { "port": {{Port}}, "targetPort": {{TargetPort}} } ] }
        }
        """)!.AsObject(), stop.Token);

    /// <summary>Waits until the API has exactly these addresses as ready endpoints of the Service.</summary>
    public Task<EndpointSlice> WaitForSliceAsync(params IReadOnlyCollection<string> addresses) => WaitForAsync<EndpointSlice>(
        new ListQuery { Namespace = "default", LabelSelector = $"kubernetes.io/service-name={ServiceName}" },
        s => Ready(s).ToHashSet().SetEquals(addresses),
        $"the endpoints of {ServiceName} are {(addresses.Count == 0 ? "none" : string.Join(", ", addresses))}");

    /// <summary>Waits until a node's kernel sends the Service's connections to exactly these addresses.</summary>
    public Task WaitForRulesAsync(LabNode node, params IReadOnlyCollection<string> addresses) => WithinPatienceAsync(
        c => node.Served.WaitForAsync(ServiceName, [.. addresses.Select(a => $"{a}:{TargetPort}")], c), $"{node.Plan.Name} serves {ServiceName} by {string.Join(", ", addresses)}");

    /// <summary>The pod's network namespace, opened; the caller's.</summary>
    public NetNamespace OpenPod(string name, int node) => NetNamespace.Open(nodes[node].PathOfPod(name));

    /// <summary>Has a node serve Services.</summary>
    public void StartProxy(int node) => Run(nodes[node].RunProxyAsync);

    public static IEnumerable<string> Ready(EndpointSlice slice) => (slice.Endpoints ?? []).Where(e => e.Conditions?.Ready != false).SelectMany(e => e.Addresses);

    /// <summary>The first object that meets a condition, by a watch that begins with what is there.</summary>
    private async Task<T> WaitForAsync<T>(ListQuery query, Func<T, bool> condition, string what)
        where T : class, IKubeObject<T>
    {
        T? found = null;
        await WithinPatienceAsync(
            async cancellation =>
            {
                await foreach (var change in Api.WatchListAsync<T>(query, cancellation))
                {
                    if (change.Type is WatchEventType.Added or WatchEventType.Modified && condition(change.Value))
                    {
                        found = change.Value;
                        return;
                    }
                }
            },
            what);
        return found ?? throw new ExperimentFailedException($"The watch ended before this was so: {what}.");
    }
}
