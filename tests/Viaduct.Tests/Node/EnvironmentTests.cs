using System.Net;
using Viaduct.Kube.Objects;
using Viaduct.Node.Containers;

namespace Viaduct.Tests.Node;

public class EnvironmentTests
{
    [Theory]
    [InlineData("plain", "plain")]
    [InlineData("$(A)", "1")]
    [InlineData("x$(A)y$(B)z", "x1y2z")]
    [InlineData("$(MISSING)", "$(MISSING)")]
    [InlineData("$$(A)", "$(A)")]
    [InlineData("$$$(A)", "$1")]
    [InlineData("$A ${A} $", "$A ${A} $")]
    [InlineData("$(A", "$(A")]
    public void References_are_expanded_as_the_API_describes(string text, string expected)
    {
        var values = new Dictionary<string, string> { ["A"] = "1", ["B"] = "2" };
        Assert.Equal(expected, VariableExpansion.Expand(text, values.GetValueOrDefault));
    }

    [Fact]
    public void Values_come_from_literals_fields_and_config_maps()
    {
        var environment = Build(
            new EnvVar { Name = "GREETING", Value = "hello $(NAME)" },
            Field("NAME", "metadata.name"),
            Field("UID", "metadata.uid"),
            Field("APP", "metadata.labels['app']"),
            Field("NONE", "metadata.annotations['none']"),
            Field("POD", "status.podIP"),
            Field("HOST", "status.hostIP"),
            Field("NODE", "spec.nodeName"),
            new EnvVar { Name = "LATER", Value = "$(NAME) on $(NODE)" },
            Key("MODE", "settings", "mode"));
        Assert.Equal("hello $(NAME)", environment["GREETING"]);
        Assert.Equal("p1 on node-1", environment["LATER"]);
        Assert.Equal(("p1", "u1", "web", ""), (environment["NAME"], environment["UID"], environment["APP"], environment["NONE"]));
        Assert.Equal(("172.20.0.2", "192.168.0.3", "fast"), (environment["POD"], environment["HOST"], environment["MODE"]));
    }

    [Fact]
    public void Services_with_a_cluster_address_are_variables()
    {
        var environment = Build();
        Assert.Equal("172.21.0.1", environment["KUBERNETES_SERVICE_HOST"]);
        Assert.Equal("443", environment["KUBERNETES_SERVICE_PORT"]);
        Assert.Equal("443", environment["KUBERNETES_SERVICE_PORT_HTTPS"]);
        Assert.Equal("172.21.0.9", environment["REDIS_LEADER_SERVICE_HOST"]);
        Assert.DoesNotContain("HEADLESS_SERVICE_HOST", environment.Keys);
    }

    [Fact]
    public void A_missing_config_map_key_is_an_error_that_names_variable_and_map_unless_optional()
    {
        var error = Assert.Throws<ContainerStartException>(() => Build(Key("MODE", "settings", "absent")));
        Assert.Equal("env MODE: couldn't find key absent in ConfigMap default/settings", error.Message);
        Assert.True(error.IsConfiguration);
        Assert.Equal("env MODE: configmap \"nowhere\" not found", Assert.Throws<ContainerStartException>(() => Build(Key("MODE", "nowhere", "x"))).Message);
        Assert.DoesNotContain("MODE", Build(Key("MODE", "nowhere", "x", optional: true)).Keys);
    }

    [Fact]
    public void An_unknown_field_path_is_an_error() =>
        Assert.Contains("spec.foo", Assert.Throws<ContainerStartException>(() => Build(Field("X", "spec.foo"))).Message, StringComparison.Ordinal);

    [Fact]
    public void Arguments_alone_are_a_command_only_when_they_begin_with_a_program()
    {
        Assert.Equal(["sh", "-c", "true"], ContainerCommand.Of(new Container { Args = ["sh", "-c", "true"] }));
        Assert.Null(ContainerCommand.Of(new Container { Args = ["--verbose", "--port=80"] }));
        Assert.Equal(["no-such-program", "x"], ContainerCommand.Of(new Container { Command = ["no-such-program"], Args = ["x"] }));
        Assert.Null(ContainerCommand.Of(new Container { Image = "nginx" }));
    }

    [Fact]
    public void The_command_line_of_container_init_reads_what_it_writes()
    {
        var options = new ContainerInitOptions { Hostname = "p1", WorkingDirectory = "/tmp", HasLifeline = true, Command = ["sh", "-c", "--", "x"] };
        var read = ContainerInitOptions.Parse([.. options.ToArguments().Skip(1)])!;
        Assert.Equal((options.Hostname, options.WorkingDirectory, options.HasLifeline), (read.Hostname, read.WorkingDirectory, read.HasLifeline));
        Assert.Equal(options.Command, read.Command);
        Assert.Null(ContainerInitOptions.Parse(["--hostname", "x"]));
        Assert.Null(ContainerInitOptions.Parse(["sh"]));
    }

    private static Dictionary<string, string> Build(params EnvVar[] variables)
    {
        var pod = new Pod
        {
            Metadata = new ObjectMeta { Name = "p1", Namespace = "default", Uid = "u1", Labels = new Dictionary<string, string> { ["app"] = "web" } },
        };
        var map = new ConfigMap { Data = new Dictionary<string, string> { ["mode"] = "fast" } };
        Service[] services = [Service("kubernetes", "172.21.0.1", 443, "https"), Service("redis-leader", "172.21.0.9", 6379, null), Service("headless", "None", 80, null)];
        return ContainerEnvironment.Build(
            new Container { Env = variables },
            new EnvironmentSources(pod, [IPAddress.Parse("172.20.0.2")], [IPAddress.Parse("192.168.0.3")], "node-1", services, new Dictionary<string, ConfigMap> { ["settings"] = map }));
    }

    private static Service Service(string name, string address, int port, string? portName) => new()
    {
        Metadata = new ObjectMeta { Name = name },
        Spec = new ServiceSpec { ClusterIP = address, Ports = [new ServicePort { Port = port, Name = portName }] },
    };

    private static EnvVar Field(string name, string path) => new() { Name = name, ValueFrom = new EnvVarSource { FieldRef = new ObjectFieldSelector { FieldPath = path } } };

    private static EnvVar Key(string name, string map, string key, bool? optional = null) => new()
    {
        Name = name,
        ValueFrom = new EnvVarSource { ConfigMapKeyRef = new ConfigMapKeySelector { Name = map, Key = key, Optional = optional } },
    };
}
