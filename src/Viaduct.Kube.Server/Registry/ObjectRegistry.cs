using System.Text.Json.Nodes;
using Viaduct.Kube.Server.Registry.Services;
using Viaduct.Kube.Server.Schema;
using Viaduct.Kube.Server.Store;

namespace Viaduct.Kube.Server.Registry;

/// <summary>All that can be done with objects; the HTTP server and the in-process API are two ways in to it.</summary>
internal sealed class ObjectRegistry
{
    private readonly ObjectStore _store;
    private readonly ObjectPatches _patches;
    private readonly BodyDecoder _decoder;

    public ObjectRegistry(ObjectStore store, ResourceCatalog catalog, KubernetesSchema schema)
    {
        _store = store;
        _patches = new ObjectPatches(schema);
        _decoder = new BodyDecoder(schema);
        Catalog = catalog;
        Reader = new ObjectReader(store);
        Writer = new ObjectWriter(store, _decoder);
        Remover = new ObjectRemover(store, catalog);
    }

    public ResourceCatalog Catalog { get; }

    public ObjectReader Reader { get; }

    public ObjectWriter Writer { get; }

    public ObjectRemover Remover { get; }

    /// <summary>Counts what the objects of the database hold, and creates what every cluster has. Answers what is wrong with objects; events tell it, too.</summary>
    public Task<IReadOnlyList<AllocationProblem>> StartAsync(ServiceRanges ranges, System.Net.IPEndPoint controlPlane) => _store.WriteAsync<IReadOnlyList<AllocationProblem>>(transaction =>
    {
        var problems = AllocationRepair.Run(Catalog, transaction);
        BuiltInObjects.Ensure(transaction, Catalog, ranges, controlPlane);
        foreach (var problem in problems)
            AllocationRepair.Tell(problem, Catalog["events"], transaction);
        return problems;
    });

    public Task<StoredObject> UpdateAsync(ResourceStrategy strategy, string? ns, string name, string? subresource, JsonObject body, WriteOptions options) =>
        Writer.UpdateAsync(strategy, ns, name, subresource, _ => body, options);

    public Task<StoredObject> PatchAsync(
        ResourceStrategy strategy, string? ns, string name, string? subresource, PatchType type, JsonNode patch, WriteOptions options) =>
        Writer.UpdateAsync(strategy, ns, name, subresource, current => _patches.Apply(current, type, patch, strategy.SchemaType), options);

    public Task<StoredObject> UpdateScaleAsync(ResourceStrategy strategy, string? ns, string name, JsonObject scale, WriteOptions options)
    {
        var decoded = _decoder.Decode(scale, Scales.Resource, "V1Scale", options);
        return Writer.UpdateAsync(strategy, ns, name, null, current => Scales.Apply(current, decoded), options);
    }

    public Task<StoredObject> PatchScaleAsync(ResourceStrategy strategy, string? ns, string name, PatchType type, JsonNode patch, WriteOptions options) =>
        Writer.UpdateAsync(strategy, ns, name, null, current =>
        {
            var scale = _patches.Apply(Scales.Of(current), type, patch, "V1Scale");
            return Scales.Apply(current, _decoder.Decode(scale, Scales.Resource, "V1Scale", options));
        }, options);

    /// <summary>Assigns a pod to a node (the subresource <c>binding</c>).</summary>
    public Task<StoredObject> BindAsync(string ns, string name, JsonObject binding, WriteOptions options)
    {
        var strategy = Catalog["pods"];
        var decoded = _decoder.Decode(binding, Bindings.Resource, "V1Binding", options);
        return Writer.UpdateAsync(strategy, ns, name, null, current => Bindings.Apply(current, decoded), options);
    }
}
