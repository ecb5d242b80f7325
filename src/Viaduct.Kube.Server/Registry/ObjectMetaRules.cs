using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Viaduct.Kube.Objects;

namespace Viaduct.Kube.Server.Registry;

/// <summary>What holds for metadata of every kind.</summary>
internal static class ObjectMetaRules
{
    private const int AnnotationsLimit = 256 * 1024;

    // Without vowels and look-alikes, so that no words appear in generated names.
    private const string SuffixAlphabet = "bcdfghjklmnpqrstvwxz2456789";

    public static string Now() => KubeTime.Format(DateTimeOffset.UtcNow);

    /// <summary>Sets the fields that only the server sets; the name is drawn when only generateName is given.</summary>
    public static void PrepareForCreate(JsonObject value, string? ns, bool hasGeneration)
    {
        var metadata = value.Ensure("metadata");
        foreach (var field in (ReadOnlySpan<string>)["managedFields", "selfLink", "resourceVersion", "deletionTimestamp", "deletionGracePeriodSeconds", "generation"])
            metadata.Remove(field);
        if (string.IsNullOrEmpty(metadata.Text("name")) && metadata.Text("generateName") is { Length: > 0 } prefix)
            metadata["name"] = prefix[..Math.Min(prefix.Length, 58)] + RandomNumberGenerator.GetString(SuffixAlphabet, 5);
        if (ns is null)
            metadata.Remove("namespace");
        else
            metadata["namespace"] = ns;
        metadata["uid"] = Guid.NewGuid().ToString();
        metadata["creationTimestamp"] = Now();
        if (hasGeneration)
            metadata["generation"] = 1;
    }

    /// <summary>Keeps what a client cannot change.</summary>
    public static void PrepareForUpdate(JsonObject value, JsonObject old)
    {
        var (metadata, before) = (value.Ensure("metadata"), old.Ensure("metadata"));
        metadata.Remove("managedFields");
        metadata.Remove("selfLink");
        foreach (var field in (ReadOnlySpan<string>)["uid", "creationTimestamp", "generation", "deletionTimestamp", "deletionGracePeriodSeconds", "namespace", "generateName", "resourceVersion"])
            metadata.CopyFrom(field, before);
    }

    public static void Validate(JsonObject value, NameRule rule, FieldErrors errors)
    {
        var metadata = value.Ensure("metadata");
        if (string.IsNullOrEmpty(metadata.Text("name")))
            errors.Required("metadata.name", "name or generateName is required");
        else
            Names.Check("metadata.name", metadata.Text("name"), rule, errors);
        Names.CheckLabels("metadata.labels", metadata, "labels", errors);
        ValidateAnnotations(metadata, errors);
        ValidateOwners(metadata, errors);
        foreach (var finalizer in metadata.Texts("finalizers"))
        {
            if (Names.KeyProblem(finalizer) is { } problem)
                errors.Invalid("metadata.finalizers", finalizer, problem);
        }
    }

    private static void ValidateAnnotations(JsonObject metadata, FieldErrors errors)
    {
        long size = 0;
        foreach (var (key, value) in metadata.Entries("annotations"))
        {
            if (Names.KeyProblem(key.ToLowerInvariant()) is { } problem)
                errors.Invalid("metadata.annotations", key, problem);
            size += key.Length + value.Length;
        }
        if (size > AnnotationsLimit)
            errors.Invalid("metadata.annotations", size, $"must have at most {AnnotationsLimit} bytes");
    }

    private static void ValidateOwners(JsonObject metadata, FieldErrors errors)
    {
        var index = 0;
        foreach (var owner in metadata.Items("ownerReferences"))
        {
            foreach (var field in (ReadOnlySpan<string>)["apiVersion", "kind", "name", "uid"])
            {
                if (string.IsNullOrEmpty(owner.Text(field)))
                    errors.Required($"metadata.ownerReferences[{index}].{field}", "must not be empty");
            }
            index++;
        }
        if (metadata.Items("ownerReferences").Count(o => o.Flag("controller")) > 1)
            errors.Invalid("metadata.ownerReferences", metadata["ownerReferences"]!.DeepClone(), "Only one reference can have Controller set to true");
    }
}
