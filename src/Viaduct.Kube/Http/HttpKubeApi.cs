using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using Viaduct.Kube.Api;
using Viaduct.Kube.Config;
using Viaduct.Kube.Objects;

namespace Viaduct.Kube.Http;

/// <summary>The Kubernetes API over HTTP: the embedded server or a real kube-apiserver.</summary>
public sealed partial class HttpKubeApi : IKubeApi, IDisposable
{
    public const string MergePatch = "application/merge-patch+json";
    private static readonly TimeSpan s_requestTimeout = TimeSpan.FromSeconds(30);
    private readonly HttpClient _client;
    private readonly HttpMessageHandler _handler;
    private readonly string _root;

    /// <param name="server">Address of the server, such as <c>https://127.0.0.1:6443</c>; a path in it goes before every other, as proxies of many clusters need.</param>
    /// <param name="handler">Connects and authenticates; disposed with this object.</param>
    /// <param name="token">Bearer token, or null.</param>
    /// <param name="patience">How long an answer may take; of a watch, its beginning. Null: 30 s.</param>
    public HttpKubeApi(Uri server, HttpMessageHandler handler, string? token = null, TimeSpan? patience = null)
    {
        Server = server;
        _root = server.GetLeftPart(UriPartial.Path).TrimEnd('/');
        _handler = handler;
        _client = NewClient(handler, token, patience ?? s_requestTimeout);
    }

    public Uri Server { get; }

    /// <summary>A client for the current context of a kubeconfig.</summary>
    /// <param name="config">Where the server is and who we are.</param>
    /// <param name="run">Runs the program that a kubeconfig may name for credentials; null refuses such a kubeconfig.</param>
    public static HttpKubeApi FromKubeconfig(Kubeconfig config, ProgramRunner? run = null) => new(config.Server, config.CreateAuthenticatingHandler(run: run), config.Token);

    public Task<T> GetAsync<T>(string? ns, string name, CancellationToken cancellation)
        where T : class, IKubeObject<T> =>
        SendAsync(HttpMethod.Get, T.Resource.ObjectPath(ns, name), null, T.JsonTypeInfo, cancellation);

    public Task<KubeList<T>> ListAsync<T>(ListQuery query, CancellationToken cancellation)
        where T : class, IKubeObject<T> =>
        SendAsync(HttpMethod.Get, T.Resource.CollectionPath(query.Namespace) + QueryString(query, ""), null, T.ListJsonTypeInfo, cancellation);

    public Task<T> CreateAsync<T>(T value, CancellationToken cancellation)
        where T : class, IKubeObject<T> =>
        SendAsync(HttpMethod.Post, T.Resource.CollectionPath(NamespaceOf(value)), Json(value, T.JsonTypeInfo), T.JsonTypeInfo, cancellation);

    public Task<T> UpdateAsync<T>(T value, CancellationToken cancellation)
        where T : class, IKubeObject<T> =>
        SendAsync(
            HttpMethod.Put, T.Resource.ObjectPath(NamespaceOf(value), value.Metadata.Name!), Json(value, T.JsonTypeInfo), T.JsonTypeInfo, cancellation);

    public Task<T> PatchAsync<T>(string? ns, string name, JsonObject mergePatch, string? subresource, CancellationToken cancellation)
        where T : class, IKubeObject<T>
    {
        var path = T.Resource.ObjectPath(ns, name) + (subresource is null ? "" : $"/{subresource}");
        return SendAsync(HttpMethod.Patch, path, Json(mergePatch, MergePatch), T.JsonTypeInfo, cancellation);
    }

    public Task<T> SetConditionAsync<T>(string? ns, string name, Condition condition, CancellationToken cancellation)
        where T : class, IKubeObject<T> =>
        SendAsync(HttpMethod.Patch, $"{T.Resource.ObjectPath(ns, name)}/status", Json(ConditionPatch.Of(condition), ConditionPatch.ContentType), T.JsonTypeInfo, cancellation);

    public Task<T> CreateRawAsync<T>(string? ns, JsonObject value, CancellationToken cancellation)
        where T : class, IKubeObject<T> =>
        SendAsync(HttpMethod.Post, T.Resource.CollectionPath(ns), Json(value), T.JsonTypeInfo, cancellation);

    public async Task DeleteAsync<T>(string? ns, string name, DeleteQuery query, CancellationToken cancellation)
        where T : class, IKubeObject<T>
    {
        using var answer = await SendAsync(
            HttpMethod.Delete, T.Resource.ObjectPath(ns, name), Json(DeleteOptions(query)), HttpCompletionOption.ResponseContentRead, cancellation);
    }

    public async Task BindAsync(string ns, string pod, string node, CancellationToken cancellation)
    {
        var body = new JsonObject
        {
            ["apiVersion"] = "v1",
            ["kind"] = "Binding",
            ["metadata"] = new JsonObject { ["name"] = pod, ["namespace"] = ns },
            ["target"] = new JsonObject { ["apiVersion"] = "v1", ["kind"] = "Node", ["name"] = node },
        };
        using var answer = await SendAsync(
            HttpMethod.Post, $"{Pod.Resource.ObjectPath(ns, pod)}/binding", Json(body), HttpCompletionOption.ResponseContentRead, cancellation);
    }

    /// <summary>Any request, as JSON in and out; <paramref name="path"/> begins with a slash and may carry a query.</summary>
    public async Task<JsonObject> SendRawAsync(
        HttpMethod method, string path, JsonObject? body, string contentType = "application/json", CancellationToken cancellation = default)
    {
        using var answer = await SendAsync(
            method, path, body is null ? null : Json(body, contentType), HttpCompletionOption.ResponseContentRead, cancellation);
        return JsonNode.Parse(await answer.Content.ReadAsByteArrayAsync(cancellation)) as JsonObject
            ?? throw NotJson(answer, $"The answer to {method} {path} is not a JSON object.");
    }

    public void Dispose()
    {
        _client.Dispose();
        _handler.Dispose();
    }

    private static HttpClient NewClient(HttpMessageHandler handler, string? token, TimeSpan timeout)
    {
        var client = new HttpClient(handler, disposeHandler: false)
        {
            Timeout = timeout,
            DefaultRequestVersion = HttpVersion.Version20,
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionOrLower,
        };
        client.DefaultRequestHeaders.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
        client.DefaultRequestHeaders.UserAgent.Add(new ProductInfoHeaderValue("viaduct", null));
        if (token is not null)
            client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return client;
    }

    private static string? NamespaceOf<T>(T value)
        where T : class, IKubeObject<T> =>
        T.Resource.Namespaced ? value.Metadata.Namespace ?? "default" : null;

    private static JsonObject DeleteOptions(DeleteQuery query)
    {
        var options = new JsonObject { ["apiVersion"] = "v1", ["kind"] = "DeleteOptions" };
        if (query.GracePeriodSeconds is { } seconds)
            options["gracePeriodSeconds"] = seconds;
        if (query.Uid is { } uid)
            options["preconditions"] = new JsonObject { ["uid"] = uid };
        return options;
    }

    private static ByteArrayContent Json<T>(T value, JsonTypeInfo<T> type) => Json(JsonSerializer.SerializeToUtf8Bytes(value, type), "application/json");

    private static ByteArrayContent Json(JsonObject value, string contentType = "application/json") =>
        Json(Encoding.UTF8.GetBytes(value.ToJsonString()), contentType);

    private static ByteArrayContent Json(byte[] bytes, string contentType) =>
        new(bytes) { Headers = { ContentType = new MediaTypeHeaderValue(contentType) } };

    /// <summary>The query string of a list or watch; <paramref name="more"/> are further parameters, ready to send.</summary>
    private static string QueryString(ListQuery query, string more)
    {
        var parts = new List<string>();
        if (query.LabelSelector is { Length: > 0 } labels)
            parts.Add($"labelSelector={Uri.EscapeDataString(labels)}");
        if (query.FieldSelector is { Length: > 0 } fields)
            parts.Add($"fieldSelector={Uri.EscapeDataString(fields)}");
        if (more.Length > 0)
            parts.Add(more);
        return parts.Count == 0 ? "" : "?" + string.Join('&', parts);
    }
}
