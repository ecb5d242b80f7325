using Viaduct.Kube.Api;
using Viaduct.Kube.Objects;

namespace Viaduct.Kube.Server.Registry;

/// <summary>The refusals of the API, each with its code and reason (apimachinery pkg/api/errors).</summary>
internal static class StatusErrors
{
    public static KubeApiException NotFound(ResourceType resource, string name) =>
        Failure(404, "NotFound", $"{resource.Qualified()} \"{name}\" not found", Details(resource, name));

    public static KubeApiException PathNotFound() =>
        Failure(404, "NotFound", "the server could not find the requested resource", new StatusDetails());

    public static KubeApiException AlreadyExists(ResourceType resource, string name) =>
        Failure(409, "AlreadyExists", $"{resource.Qualified()} \"{name}\" already exists", Details(resource, name));

    public static KubeApiException Conflict(ResourceType resource, string name, string? why = null) =>
        Failure(409, "Conflict", $"Operation cannot be fulfilled on {resource.Qualified()} \"{name}\": " +
            (why ?? "the object has been modified; please apply your changes to the latest version and try again"), Details(resource, name));

    public static KubeApiException Invalid(ResourceType resource, string name, IReadOnlyList<StatusCause> causes)
    {
        var kind = resource.Group.Length == 0 ? resource.Kind : $"{resource.Kind}.{resource.Group}";
        var errors = causes.Select(c => $"{c.Field}: {c.Message}").ToList();
        var text = errors.Count == 1 ? errors[0] : $"[{string.Join(", ", errors)}]";
        return Failure(422, "Invalid", $"{kind} \"{name}\" is invalid: {text}",
            new StatusDetails { Name = name, Group = NullIfEmpty(resource.Group), Kind = resource.Kind, Causes = causes });
    }

    public static KubeApiException Forbidden(ResourceType resource, string name, string why, StatusCause? cause = null) =>
        Failure(403, "Forbidden", $"{resource.Qualified()}{(name.Length == 0 ? "" : $" \"{name}\"")} is forbidden: {why}",
            Details(resource, name) with { Causes = cause is null ? null : [cause] });

    public static KubeApiException BadRequest(string message) => Failure(400, "BadRequest", message, null);

    public static KubeApiException Unprocessable(string message) => Failure(422, "Invalid", message, null);

    public static KubeApiException MethodNotAllowed() =>
        Failure(405, "MethodNotAllowed", "the server does not allow this method on the requested resource", new StatusDetails());

    public static KubeApiException UnsupportedMediaType(string message) => Failure(415, "UnsupportedMediaType", message, null);

    public static KubeApiException NotAcceptable(string message) => Failure(406, "NotAcceptable", message, null);

    public static KubeApiException Unauthorized() =>
        Failure(401, "Unauthorized", "Unauthorized: the API server asks for a client certificate of its cluster, as in the kubeconfig", null);

    public static KubeApiException TooLarge(long limit) =>
        Failure(413, "RequestEntityTooLarge", $"Request entity too large: limit is {limit}", null);

    public static KubeApiException Expired(string message) => Failure(410, "Expired", message, null);

    public static KubeApiException TooLargeResourceVersion(long asked, long current) =>
        Failure(504, "Timeout", $"Too large resource version: {asked}, current: {current}", new StatusDetails
        {
            RetryAfterSeconds = 1,
            Causes = [new StatusCause { Reason = "ResourceVersionTooLarge", Message = "Too large resource version" }],
        });

    public static KubeApiException ServiceUnavailable(string message) => Failure(503, "ServiceUnavailable", message, null);

    public static KubeApiException Internal(string message) =>
        Failure(500, "InternalError", $"Internal error occurred: {message}", new StatusDetails { Causes = [new StatusCause { Message = message }] });

    /// <summary><c>pods</c>, <c>deployments.apps</c>: how a resource is called in sentences and in the store.</summary>
    public static string Qualified(this ResourceType resource) =>
        resource.Group.Length == 0 ? resource.Plural : $"{resource.Plural}.{resource.Group}";

    private static StatusDetails Details(ResourceType resource, string name) =>
        new() { Name = NullIfEmpty(name), Group = NullIfEmpty(resource.Group), Kind = resource.Plural };

    private static string? NullIfEmpty(string text) => text.Length == 0 ? null : text;

    private static KubeApiException Failure(int code, string reason, string message, StatusDetails? details) =>
        new(new Status { Code = code, Reason = reason, Message = message, Details = details });
}
