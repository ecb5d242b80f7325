using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Viaduct.Kube.Api;
using Viaduct.Kube.Server.Registry;

namespace Viaduct.Kube.Server.Http;

/// <summary>The entry of every request: who asks, what is asked, and a Status for whatever fails.</summary>
internal sealed class RequestHandler(ObjectRegistry registry, BodyReader bodies, NodeProxy nodes, ClientCertificates certificates, ILogger logger)
{
    private const string Version = "v1.32.0+viaduct";

    private readonly ResourceHandler _resources = new(registry, bodies, nodes);
    private readonly Discovery _discovery = new(registry.Catalog);
    private readonly OpenApi _openApi = new(registry.Catalog);

    public async Task HandleAsync(HttpContext context)
    {
        try
        {
            await RouteAsync(context).ConfigureAwait(false);
        }
        catch (KubeApiException e) when (!context.Response.HasStarted)
        {
            Log.Answered(logger, context.Request.Method, context.Request.Path, e.Status.Code);
            await context.Response.WriteStatusAsync(e).ConfigureAwait(false);
        }
        catch (BadHttpRequestException e) when (!context.Response.HasStarted)
        {
            var failure = e.StatusCode == StatusCodes.Status413PayloadTooLarge ? StatusErrors.TooLarge(ApiRequest.MaxBodySize) : StatusErrors.BadRequest(e.Message);
            await context.Response.WriteStatusAsync(failure).ConfigureAwait(false);
        }
        catch (Exception e) when (e is OperationCanceledException or IOException && context.RequestAborted.IsCancellationRequested)
        {
            // The client went away, as it does at the end of every watch.
        }
        catch (Exception e) when (!context.Response.HasStarted)
        {
            Log.RequestFailed(logger, context.Request.Method, context.Request.Path, e);
            await context.Response.WriteStatusAsync(StatusErrors.Internal(e.Message)).ConfigureAwait(false);
        }
    }

    private Task RouteAsync(HttpContext context)
    {
        var request = context.Request;
        switch (request.Path.Value)
        {
            case "/healthz" or "/livez" or "/readyz":
                return WriteTextAsync(context, "ok");
            case "/version":
                return context.Response.WriteJsonAsync(VersionInfo());
        }
        if (!certificates.IsTrusted(context.Connection.ClientCertificate))
            throw StatusErrors.Unauthorized();
        if (_discovery.TryFind(request, out var document, out var contentType))
            return context.Response.WriteJsonAsync(document, contentType: contentType);
        if (_openApi.TryFind(request, out document, out contentType))
            return context.Response.WriteJsonAsync(document, contentType: contentType);
        var route = ApiRoute.Parse(request.Path.Value ?? "", registry.Catalog) ?? throw StatusErrors.PathNotFound();
        return _resources.HandleAsync(context, route);
    }

    private static async Task WriteTextAsync(HttpContext context, string text)
    {
        context.Response.ContentType = "text/plain; charset=utf-8";
        await context.Response.BodyWriter.WriteAsync(Encoding.UTF8.GetBytes(text), context.RequestAborted).ConfigureAwait(false);
    }

    private static JsonObject VersionInfo() => new()
    {
        ["major"] = "1",
        ["minor"] = "32",
        ["gitVersion"] = Version,
        ["gitCommit"] = "",
        ["gitTreeState"] = "clean",
        ["buildDate"] = "1970-01-01T00:00:00Z",
        ["goVersion"] = "",
        ["compiler"] = "",
        ["platform"] = "linux/amd64",
    };
}
