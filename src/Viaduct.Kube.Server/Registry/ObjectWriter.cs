using System.Text.Json.Nodes;
using Viaduct.Kube.Objects;
using Viaduct.Kube.Server.Registry.Kinds;
using Viaduct.Kube.Server.Store;

namespace Viaduct.Kube.Server.Registry;

/// <summary>Creates and changes objects; every change is one atomic step on the store's writer.</summary>
internal sealed class ObjectWriter(ObjectStore store, BodyDecoder decoder)
{
    private const int GenerateNameTries = 8;

    public Task<StoredObject> CreateAsync(ResourceStrategy strategy, string? ns, JsonObject body, WriteOptions options)
    {
        var value = decoder.Decode(body, strategy, options);
        CheckNewMetadata(value, strategy, ns);
        return store.WriteAsync(transaction => Create(strategy, ns, value, transaction), options.DryRun);
    }

    /// <summary>
    /// Changes an object: <paramref name="change"/> gets a copy of the current one and answers what is wanted, which is then decoded,
    /// completed, checked and written. Of a <paramref name="subresource"/> only its part is taken.
    /// </summary>
    public Task<StoredObject> UpdateAsync(ResourceStrategy strategy, string? ns, string name, string? subresource, Func<JsonObject, JsonObject> change, WriteOptions options) =>
        store.WriteAsync(transaction => Update(strategy, ObjectReader.Key(strategy, ns, name), subresource, change, options, transaction), options.DryRun);

    /// <summary>As <see cref="CreateAsync"/>, as a part of a larger change.</summary>
    public static StoredObject Create(ResourceStrategy strategy, string? ns, JsonObject value, StoreTransaction transaction)
    {
        if (strategy.Resource.Namespaced)
            CheckNamespace(strategy, ns!, value, transaction);
        ObjectMetaRules.PrepareForCreate(value, strategy.Resource.Namespaced ? ns : null, strategy.HasGeneration);
        strategy.ApplyDefaults(value);
        strategy.PrepareForCreate(value);
        var errors = new FieldErrors();
        ObjectMetaRules.Validate(value, strategy.NameRule, errors);
        strategy.Validate(value, errors);
        ThrowIfInvalid(strategy.Resource, value, errors);
        var key = FreeKey(strategy, ns, value, transaction);
        strategy.Allocate(value, null, transaction, errors);
        ThrowIfInvalid(strategy.Resource, value, errors);
        var stored = transaction.Put(key, value);
        if (strategy is NamespaceStrategy)
            BuiltInObjects.CreateServiceAccount(key.Name, transaction);
        return stored;
    }

    private StoredObject Update(
        ResourceStrategy strategy, StoreKey key, string? subresource, Func<JsonObject, JsonObject> change, WriteOptions options, StoreTransaction transaction)
    {
        var current = transaction.Get(key) ?? throw StatusErrors.NotFound(strategy.Resource, key.Name);
        var old = current.ToObject();
        var value = decoder.Decode(change(current.ToObject()), strategy, options);
        CheckPreconditions(strategy.Resource, key, value, old);
        value = TakePart(value, old, subresource);
        ObjectMetaRules.PrepareForUpdate(value, old);
        if (subresource is null)
            Complete(strategy, value, old, transaction);
        if (IsDeletionComplete(value))
            return ObjectRemover.Remove(strategy, key, value, transaction);
        return JsonNode.DeepEquals(value, old) ? current : transaction.Put(key, value);
    }

    private static void Complete(ResourceStrategy strategy, JsonObject value, JsonObject old, StoreTransaction transaction)
    {
        strategy.PrepareForUpdate(value, old);
        strategy.ApplyDefaults(value);
        if (strategy.HasGeneration && !JsonNode.DeepEquals(DesiredState(value), DesiredState(old)))
            value["metadata"]!["generation"] = (old.Child("metadata")?.Number("generation") ?? 0) + 1;
        var errors = new FieldErrors();
        ObjectMetaRules.Validate(value, strategy.NameRule, errors);
        strategy.Validate(value, errors);
        strategy.ValidateUpdate(value, old, errors);
        ThrowIfInvalid(strategy.Resource, value, errors);
        strategy.Allocate(value, old, transaction, errors);
        ThrowIfInvalid(strategy.Resource, value, errors);
    }

    /// <summary>The client's object where it may write, the server's elsewhere.</summary>
    private static JsonObject TakePart(JsonObject value, JsonObject old, string? subresource)
    {
        if (subresource is null)
        {
            value.CopyFrom("status", old);
            return value;
        }
        var result = (JsonObject)old.DeepClone();
        switch (subresource)
        {
            case "status":
                result.CopyFrom("status", value);
                break;
            case "finalize":
                result.CopyFrom("spec", value);
                break;
        }
        return result;
    }

    private static void CheckNewMetadata(JsonObject value, ResourceStrategy strategy, string? ns)
    {
        var metadata = value.Ensure("metadata");
        if (!string.IsNullOrEmpty(metadata.Text("resourceVersion")))
            throw StatusErrors.BadRequest("resourceVersion should not be set on objects to be created");
        if (strategy.Resource.Namespaced && metadata.Text("namespace") is { Length: > 0 } own && own != ns)
            throw StatusErrors.BadRequest($"the namespace of the provided object does not match the namespace sent on the request ({own}, {ns})");
    }

    private static void CheckNamespace(ResourceStrategy strategy, string ns, JsonObject value, StoreTransaction transaction)
    {
        var space = transaction.Get(new StoreKey("namespaces", "", ns)) ?? throw StatusErrors.NotFound(Namespace.Resource, ns);
        if (space.Root.TextAt("metadata", "deletionTimestamp") is null)
            return;
        throw StatusErrors.Forbidden(strategy.Resource, value.Child("metadata")?.Text("name") ?? "",
            $"unable to create new content in namespace {ns} because it is being terminated",
            new StatusCause { Reason = "NamespaceTerminating", Message = $"namespace {ns} is being terminated", Field = "metadata.namespace" });
    }

    private static StoreKey FreeKey(ResourceStrategy strategy, string? ns, JsonObject value, StoreTransaction transaction)
    {
        var metadata = value.Child("metadata")!;
        var key = ObjectReader.Key(strategy, ns, metadata.Text("name")!);
        for (var i = 0; i < GenerateNameTries && transaction.Get(key) is not null && IsGenerated(metadata); i++)
        {
            metadata.Remove("name");
            ObjectMetaRules.PrepareForCreate(value, strategy.Resource.Namespaced ? ns : null, strategy.HasGeneration);
            key = ObjectReader.Key(strategy, ns, metadata.Text("name")!);
        }
        return transaction.Get(key) is null ? key : throw StatusErrors.AlreadyExists(strategy.Resource, key.Name);
    }

    private static bool IsGenerated(JsonObject metadata) =>
        metadata.Text("generateName") is { Length: > 0 } prefix && metadata.Text("name")!.Length == Math.Min(prefix.Length, 58) + 5;

    private static void CheckPreconditions(ResourceType resource, StoreKey key, JsonObject value, JsonObject old)
    {
        var (metadata, before) = (value.Ensure("metadata"), old.Ensure("metadata"));
        if (metadata.Text("name") is { Length: > 0 } name && name != key.Name)
            throw StatusErrors.BadRequest($"the name of the object ({name}) does not match the name on the URL ({key.Name})");
        if (metadata.Text("namespace") is { Length: > 0 } ns && ns != key.Namespace)
            throw StatusErrors.BadRequest($"the namespace of the object ({ns}) does not match the namespace on the URL ({key.Namespace})");
        metadata["name"] = key.Name;
        if (metadata.Text("uid") is { Length: > 0 } uid && uid != before.Text("uid"))
            throw StatusErrors.Conflict(resource, key.Name, $"Precondition failed: UID in precondition: {uid}, UID in object meta: {before.Text("uid")}");
        if (metadata.Text("resourceVersion") is { Length: > 0 } version && version != before.Text("resourceVersion"))
            throw StatusErrors.Conflict(resource, key.Name);
    }

    /// <summary>All but metadata and status.</summary>
    private static JsonObject DesiredState(JsonObject value)
    {
        var state = new JsonObject();
        foreach (var (field, child) in value)
        {
            if (field is not ("metadata" or "status"))
                state[field] = child?.DeepClone();
        }
        return state;
    }

    /// <summary>A deleted object that only its finalizers had kept.</summary>
    private static bool IsDeletionComplete(JsonObject value)
    {
        var metadata = value.Child("metadata")!;
        return metadata.Text("deletionTimestamp") is not null
            && metadata.Number("deletionGracePeriodSeconds") is null or 0
            && !metadata.Texts("finalizers").Any()
            && value.Child("spec")?.Texts("finalizers").Any() != true;
    }

    private static void ThrowIfInvalid(ResourceType resource, JsonObject value, FieldErrors errors)
    {
        if (errors.Causes.Count > 0)
            throw StatusErrors.Invalid(resource, value.Child("metadata")?.Text("name") ?? value.Child("metadata")?.Text("generateName") ?? "", errors.Causes);
    }
}
