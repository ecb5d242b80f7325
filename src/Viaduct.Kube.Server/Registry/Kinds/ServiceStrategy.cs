using System.Text.Json;
using System.Text.Json.Nodes;
using Viaduct.Kube.Objects;
using Viaduct.Kube.Server.Printing;
using Viaduct.Kube.Server.Registry.Services;
using Viaduct.Kube.Server.Store;

namespace Viaduct.Kube.Server.Registry.Kinds;

internal sealed class ServiceStrategy(ServiceRanges ranges) : ResourceStrategy
{
    private readonly ServiceAllocation _allocation = new(ranges);

    public override ResourceType Resource => Service.Resource;

    public override string SchemaType => "V1Service";

    public override TableDefinition Table => ServiceTable.Definition;

    public override IReadOnlyList<string> ShortNames => ["svc"];

    public override bool IsInAll => true;

    public override bool HasStatus => true;

    public override NameRule NameRule => NameRule.DnsLabel;

    public override void ApplyDefaults(JsonObject value) => ServiceDefaults.Apply(value.Ensure("spec"));

    public override void PrepareForCreate(JsonObject value) => value["status"] = new JsonObject { ["loadBalancer"] = new JsonObject() };

    public override void PrepareForUpdate(JsonObject value, JsonObject old) => ServiceDefaults.CarryOver(value.Ensure("spec"), old.Ensure("spec"));

    public override void Validate(JsonObject value, FieldErrors errors) => ServiceValidation.Validate(value.Ensure("spec"), errors);

    public override void ValidateUpdate(JsonObject value, JsonObject old, FieldErrors errors) =>
        ServiceUpdateValidation.Validate(value.Ensure("spec"), old.Ensure("spec"), errors);

    public override void Allocate(JsonObject value, JsonObject? old, StoreTransaction transaction, FieldErrors errors) =>
        _allocation.Allocate(value.Ensure("spec"), old?.Ensure("spec"), transaction, errors);

    public override void Release(JsonObject value, StoreTransaction transaction) => _allocation.Release(value.Ensure("spec"), transaction);

    public override IReadOnlyList<(string Reason, string Message)> Restore(JsonElement value) => _allocation.Restore(JsonObject.Create(value.At("spec")) ?? []);

    public override Func<JsonElement, string>? FieldSelector(string label) => label switch
    {
        "spec.clusterIP" or "spec.type" => service => service.TextAt("spec", label[5..]) ?? "",
        _ => null,
    };
}
