using Microsoft.AspNetCore.Http;
using Viaduct.Kube.Server.Registry;

namespace Viaduct.Kube.Server.Http;

/// <summary>Answers requests about objects: each verb of the API is one method.</summary>
internal sealed class ResourceHandler(ObjectRegistry registry, BodyReader bodies, NodeProxy nodes)
{
    public Task HandleAsync(HttpContext context, ApiRoute route)
    {
        if (route.Subresource is not null)
            return HandleSubresourceAsync(context, route);
        return (context.Request.Method, route.Name) switch
        {
            ("GET", null) when context.Request.Flag("watch") => WatchAsync(context, route),
            ("GET", null) => ListAsync(context, route),
            ("GET", _) => GetAsync(context, route),
            ("POST", null) => CreateAsync(context, route),
            ("PUT", not null) => UpdateAsync(context, route),
            ("PATCH", not null) => PatchAsync(context, route),
            ("DELETE", not null) => DeleteAsync(context, route),
            ("DELETE", null) => DeleteAllAsync(context, route),
            _ => throw StatusErrors.MethodNotAllowed(),
        };
    }

    private Task HandleSubresourceAsync(HttpContext context, ApiRoute route)
    {
        var (strategy, isPod) = (route.Strategy, route.Strategy.SchemaType == "V1Pod");
        switch (context.Request.Method, route.Subresource)
        {
            case (_, "scale") when strategy.HasScale:
                return ScaleAsync(context, route);
            case ("GET", "status") when strategy.HasStatus:
                return GetAsync(context, route);
            case ("PUT", "status") when strategy.HasStatus:
            case ("PUT", "finalize") when strategy.SchemaType == "V1Namespace":
                return UpdateAsync(context, route);
            case ("PATCH", "status") when strategy.HasStatus:
                return PatchAsync(context, route);
            case ("POST", "binding") when isPod:
                return BindAsync(context, route);
            case ("GET", "log") when isPod:
                return nodes.LogAsync(context, registry.Reader.Get(strategy, route.Namespace, route.Name!));
            case ("GET" or "POST" or "CONNECT", "exec") when isPod:
                return nodes.ExecAsync(context, registry.Reader.Get(strategy, route.Namespace, route.Name!));
            default:
                throw StatusErrors.PathNotFound();
        }
    }

    private Task GetAsync(HttpContext context, ApiRoute route) => context.Response.WriteObjectAsync(
        registry.Reader.Get(route.Strategy, route.Namespace, route.Name!), route.Strategy, ResponseFormat.Of(context.Request));

    private Task ListAsync(HttpContext context, ApiRoute route)
    {
        var page = registry.Reader.List(route.Strategy, context.Request.Filter(route), context.Request.ListOptions());
        return context.Response.WriteListAsync(page, route.Strategy, ResponseFormat.Of(context.Request));
    }

    private async Task WatchAsync(HttpContext context, ApiRoute route)
    {
        using var watch = registry.Reader.Watch(route.Strategy, context.Request.Filter(route), context.Request.WatchOptions());
        await new WatchResponse(context, route.Strategy, ResponseFormat.Of(context.Request)).WriteAsync(watch).ConfigureAwait(false);
    }

    private async Task CreateAsync(HttpContext context, ApiRoute route)
    {
        if (route.Strategy.Resource.Namespaced && route.Namespace is null)
            throw StatusErrors.MethodNotAllowed();
        var body = await bodies.ReadObjectAsync(context.Request, route.Strategy.SchemaType).ConfigureAwait(false);
        var options = context.Request.WriteOptions();
        var created = await registry.Writer.CreateAsync(route.Strategy, route.Namespace, body, options).ConfigureAwait(false);
        Warn(context, options);
        await context.Response.WriteObjectAsync(created, route.Strategy, ResponseFormat.Of(context.Request), 201).ConfigureAwait(false);
    }

    private async Task UpdateAsync(HttpContext context, ApiRoute route)
    {
        var body = await bodies.ReadObjectAsync(context.Request, route.Strategy.SchemaType).ConfigureAwait(false);
        var options = context.Request.WriteOptions();
        var updated = await registry.UpdateAsync(route.Strategy, route.Namespace, route.Name!, route.Subresource, body, options).ConfigureAwait(false);
        Warn(context, options);
        await context.Response.WriteObjectAsync(updated, route.Strategy, ResponseFormat.Of(context.Request)).ConfigureAwait(false);
    }

    private async Task PatchAsync(HttpContext context, ApiRoute route)
    {
        var type = PatchTypeOf(context.Request);
        var patch = await bodies.ReadAsync(context.Request, route.Strategy.SchemaType).ConfigureAwait(false);
        var options = context.Request.WriteOptions();
        var updated = await registry.PatchAsync(route.Strategy, route.Namespace, route.Name!, route.Subresource, type, patch, options).ConfigureAwait(false);
        Warn(context, options);
        await context.Response.WriteObjectAsync(updated, route.Strategy, ResponseFormat.Of(context.Request)).ConfigureAwait(false);
    }

    private async Task DeleteAsync(HttpContext context, ApiRoute route)
    {
        var options = await bodies.ReadDeleteOptionsAsync(context.Request).ConfigureAwait(false);
        var deletion = await registry.Remover.DeleteAsync(route.Strategy, route.Namespace, route.Name!, options).ConfigureAwait(false);
        await (deletion.IsGone
            ? context.Response.WriteSuccessAsync(route.Strategy.Resource, deletion.Object)
            : context.Response.WriteObjectAsync(deletion.Object, route.Strategy, ResponseFormat.Of(context.Request))).ConfigureAwait(false);
    }

    private async Task DeleteAllAsync(HttpContext context, ApiRoute route)
    {
        if (route.Strategy.Resource.Namespaced && route.Namespace is null)
            throw StatusErrors.MethodNotAllowed();
        var options = await bodies.ReadDeleteOptionsAsync(context.Request).ConfigureAwait(false);
        var filter = context.Request.Filter(route);
        var deleted = await registry.Remover.DeleteAllAsync(route.Strategy, filter, options).ConfigureAwait(false);
        var revision = registry.Reader.List(route.Strategy, filter, ListOptions.Default).Revision;
        await context.Response.WriteListAsync(new ObjectPage(deleted, revision, null, null), route.Strategy, ResponseFormat.Of(context.Request)).ConfigureAwait(false);
    }

    private async Task ScaleAsync(HttpContext context, ApiRoute route)
    {
        var request = context.Request;
        var options = request.WriteOptions();
        var workload = request.Method switch
        {
            "GET" => registry.Reader.Get(route.Strategy, route.Namespace, route.Name!),
            "PUT" => await registry.UpdateScaleAsync(
                route.Strategy, route.Namespace, route.Name!, await bodies.ReadObjectAsync(request, "V1Scale").ConfigureAwait(false), options).ConfigureAwait(false),
            "PATCH" => await registry.PatchScaleAsync(
                route.Strategy, route.Namespace, route.Name!, PatchTypeOf(request), await bodies.ReadAsync(request, "V1Scale").ConfigureAwait(false), options).ConfigureAwait(false),
            _ => throw StatusErrors.MethodNotAllowed(),
        };
        Warn(context, options);
        await context.Response.WriteJsonAsync(Scales.Of(workload.ToObject())).ConfigureAwait(false);
    }

    private async Task BindAsync(HttpContext context, ApiRoute route)
    {
        var body = await bodies.ReadObjectAsync(context.Request, "V1Binding").ConfigureAwait(false);
        var options = context.Request.WriteOptions();
        var pod = await registry.BindAsync(route.Namespace!, route.Name!, body, options).ConfigureAwait(false);
        Warn(context, options);
        await context.Response.WriteSuccessAsync(route.Strategy.Resource, pod, 201).ConfigureAwait(false);
    }

    private static PatchType PatchTypeOf(HttpRequest request) => ApiRequest.MediaType(request.ContentType) switch
    {
        "application/json-patch+json" => PatchType.Json,
        "application/merge-patch+json" => PatchType.Merge,
        "application/strategic-merge-patch+json" => PatchType.StrategicMerge,
        "application/apply-patch+yaml" or "application/apply-patch+cbor" => throw StatusErrors.UnsupportedMediaType(
            "this API server has no server-side apply: use kubectl apply without --server-side"),
        var other => throw StatusErrors.UnsupportedMediaType(
            $"the body of the request was in an unknown format ({other}) - accepted media types include: application/json-patch+json, application/merge-patch+json, application/strategic-merge-patch+json"),
    };

    private static void Warn(HttpContext context, WriteOptions options)
    {
        foreach (var warning in options.Warnings)
            context.Response.Headers.Append("Warning", $"299 - \"{warning.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"");
    }
}
