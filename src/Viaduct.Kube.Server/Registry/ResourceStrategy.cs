using System.Text.Json;
using System.Text.Json.Nodes;
using Viaduct.Kube.Objects;
using Viaduct.Kube.Server.Printing;
using Viaduct.Kube.Server.Store;

namespace Viaduct.Kube.Server.Registry;

/// <summary>What one kind does differently from the others: its defaults, its rules and how it looks in a table.</summary>
/// <remarks>Everything here is a function of its arguments, but for <see cref="Allocate"/> and <see cref="Release"/>, which run on the store's writer.</remarks>
internal abstract class ResourceStrategy
{
    public abstract ResourceType Resource { get; }

    /// <summary>Name of its type in the schema.</summary>
    public abstract string SchemaType { get; }

    public abstract TableDefinition Table { get; }

    public virtual string Singular => Resource.Kind.ToLowerInvariant();

    public virtual IReadOnlyList<string> ShortNames => [];

    /// <summary>Whether <c>kubectl get all</c> shows it.</summary>
    public virtual bool IsInAll => false;

    public virtual bool HasStatus => false;

    /// <summary>Whether it has replicas and the subresource <c>scale</c>.</summary>
    public virtual bool HasScale => false;

    /// <summary>Whether metadata.generation counts the changes of its desired state.</summary>
    public virtual bool HasGeneration => false;

    public virtual NameRule NameRule => NameRule.Subdomain;

    /// <summary>Fills what the client left out.</summary>
    public virtual void ApplyDefaults(JsonObject value)
    {
    }

    /// <summary>Sets what a client may not set on a new object.</summary>
    public virtual void PrepareForCreate(JsonObject value)
    {
    }

    /// <summary>Carries over what a client may not change, or need not repeat.</summary>
    public virtual void PrepareForUpdate(JsonObject value, JsonObject old)
    {
    }

    public virtual void Validate(JsonObject value, FieldErrors errors)
    {
    }

    public virtual void ValidateUpdate(JsonObject value, JsonObject old, FieldErrors errors)
    {
    }

    /// <summary>Takes what the object needs from the cluster's ranges and undoes it if the transaction fails.</summary>
    public virtual void Allocate(JsonObject value, JsonObject? old, StoreTransaction transaction, FieldErrors errors)
    {
    }

    /// <summary>Gives back what a deleted object held.</summary>
    public virtual void Release(JsonObject value, StoreTransaction transaction)
    {
    }

    /// <summary>Counts what an object of the database already holds; called at the start, the oldest object first. Answers what is wrong, by reason.</summary>
    public virtual IReadOnlyList<(string Reason, string Message)> Restore(JsonElement value) => [];

    /// <summary>How long a deletion waits for somebody to end the object; 0 removes it at once.</summary>
    public virtual long GracePeriod(JsonObject value, long? asked) => 0;

    /// <summary>Reads the field of a field selector; null when the kind has no such label.</summary>
    public virtual Func<JsonElement, string>? FieldSelector(string label) => null;
}
