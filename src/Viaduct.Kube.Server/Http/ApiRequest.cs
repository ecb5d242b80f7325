using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Viaduct.Kube.Server.Registry;
using Viaduct.Kube.Server.Registry.Selectors;

namespace Viaduct.Kube.Server.Http;

/// <summary>Reads what a request asks for in its query and headers.</summary>
internal static class ApiRequest
{
    public const long MaxBodySize = 3 * 1024 * 1024;

    public static string? MediaType(string? contentType) => contentType?.Split(';')[0].Trim().ToLowerInvariant();

    public static WriteOptions WriteOptions(this HttpRequest request) => new()
    {
        DryRun = IsDryRun(request.Query["dryRun"]),
        FieldValidation = request.Query["fieldValidation"].ToString() switch
        {
            "" or "Warn" => FieldValidation.Warn,
            "Strict" => FieldValidation.Strict,
            "Ignore" => FieldValidation.Ignore,
            var unknown => throw StatusErrors.Unprocessable($"fieldValidation: Unsupported value: \"{unknown}\": supported values: \"Ignore\", \"Strict\", \"Warn\""),
        },
    };

    public static ListOptions ListOptions(this HttpRequest request)
    {
        var match = request.Query["resourceVersionMatch"].ToString();
        var version = request.Query["resourceVersion"].ToString();
        if (match is not ("" or "Exact" or "NotOlderThan"))
            throw StatusErrors.Unprocessable($"resourceVersionMatch: Unsupported value: \"{match}\": supported values: \"Exact\", \"NotOlderThan\"");
        if (match.Length > 0 && version.Length == 0)
            throw StatusErrors.Unprocessable("resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided");
        return new ListOptions
        {
            Limit = (int)Math.Min(request.Number("limit") ?? 0, int.MaxValue),
            Continue = request.Query["continue"],
            ResourceVersion = version,
            IsExact = match == "Exact",
        };
    }

    public static WatchOptions WatchOptions(this HttpRequest request)
    {
        var sendsInitial = request.Flag("sendInitialEvents");
        var match = request.Query["resourceVersionMatch"].ToString();
        if (sendsInitial && match != "NotOlderThan")
            throw StatusErrors.Unprocessable("ListOptions.meta.k8s.io \"\" is invalid: resourceVersionMatch: Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan");
        if (!sendsInitial && match.Length > 0)
            throw StatusErrors.Unprocessable("ListOptions.meta.k8s.io \"\" is invalid: resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided");
        return new WatchOptions
        {
            ResourceVersion = request.Query["resourceVersion"],
            SendInitialEvents = sendsInitial,
            AllowBookmarks = request.Flag("allowWatchBookmarks"),
            Timeout = request.Number("timeoutSeconds") is { } seconds and > 0 ? TimeSpan.FromSeconds(Math.Min(seconds, 86400)) : null,
        };
    }

    public static ObjectFilter Filter(this HttpRequest request, ApiRoute route) =>
        ObjectFilter.Parse(route.Strategy, route.Namespace, request.Query["labelSelector"], request.Query["fieldSelector"]);

    /// <summary>From the body, where kubectl puts them, and from the query.</summary>
    public static DeleteOptions DeleteOptions(this HttpRequest request, JsonObject body)
    {
        var propagation = body.Text("propagationPolicy") ?? request.Query["propagationPolicy"].ToString();
        if (propagation is not ("" or "Background" or "Foreground" or "Orphan"))
            throw StatusErrors.Unprocessable($"propagationPolicy: Unsupported value: \"{propagation}\": supported values: \"Background\", \"Foreground\", \"Orphan\"");
        var preconditions = body.Child("preconditions");
        return new DeleteOptions
        {
            GracePeriodSeconds = body.Number("gracePeriodSeconds") ?? request.Number("gracePeriodSeconds"),
            Uid = preconditions?.Text("uid"),
            ResourceVersion = preconditions?.Text("resourceVersion"),
            Orphan = propagation == "Orphan" || body.Flag("orphanDependents") || request.Flag("orphanDependents"),
            DryRun = body.Texts("dryRun").Contains("All") || IsDryRun(request.Query["dryRun"]),
        };
    }

    public static bool Flag(this HttpRequest request, string name) => request.Query[name].ToString() is "true" or "1" or "True";

    private static long? Number(this HttpRequest request, string name)
    {
        var text = request.Query[name].ToString();
        if (text.Length == 0)
            return null;
        return long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
            ? number
            : throw StatusErrors.BadRequest($"the query parameter {name} must be a number, not \"{text}\"");
    }

    private static bool IsDryRun(string? value) => value switch
    {
        null or "" => false,
        "All" => true,
        _ => throw StatusErrors.Unprocessable($"dryRun: Unsupported value: \"{value}\": supported values: \"All\""),
    };
}
