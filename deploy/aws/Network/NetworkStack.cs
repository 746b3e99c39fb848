using Amazon.CDK;
using Amazon.CDK.AWS.EC2;
using Constructs;
using Terse.Aws.Settings;

namespace Terse.Aws.Network;

/// <summary>
/// The VPC, and who may connect to whom. Public subnets hold the balancer only, the servers are in private
/// subnets, and the databases in subnets without a way to the internet.
/// </summary>
internal sealed class NetworkStack : Stack
{
    public const int ServerPort = 8443;
    public const int PostgresPort = 5432;
    private const int NfsPort = 2049;
    private const int HttpPort = 80;
    private const int HttpsPort = 443;
    private const int BitsOfSubnet = 20;
    private const int MaxZones = 3;

    public NetworkStack(Construct scope, AwsSettings settings)
        : base(scope, "Network", FleetNames.Stack(settings, "network", "the network"))
    {
        Vpc = new Vpc(this, "Vpc", new VpcProps
        {
            IpAddresses = IpAddresses.Cidr("10.40.0.0/16"),
            AvailabilityZones = [.. settings.Zones],
            // Each size has the addresses of three zones, so that a larger size moves no subnet.
            ReservedAzs = MaxZones - settings.Zones.Length,
            // One gateway costs less; if its zone fails, webhooks and titles of the other zone fail, too.
            NatGateways = settings.Size == FleetSizes.Small ? 1 : settings.Zones.Length,
            RestrictDefaultSecurityGroup = false,
            SubnetConfiguration =
            [
                Subnets("balancer", SubnetType.PUBLIC),
                Subnets("servers", SubnetType.PRIVATE_WITH_EGRESS),
                Subnets("databases", SubnetType.PRIVATE_ISOLATED),
            ],
        });

        Balancer = Group("Balancer", "The load balancer");
        Servers = Group("Servers", "The servers");
        Databases = Group("Databases", "The databases");
        Rotation = Group("Rotation", "The function that changes the password of the database");
        Files = Group("Files", "The file system of the shared configuration");
        Builder = Group("Builder", "The machine that builds the image");
        AddRules();
        AddEndpoints();
    }

    public Vpc Vpc { get; }

    public SecurityGroup Balancer { get; }

    public SecurityGroup Servers { get; }

    public SecurityGroup Databases { get; }

    public SecurityGroup Rotation { get; }

    public SecurityGroup Files { get; }

    public SecurityGroup Builder { get; }

    public static SubnetSelection Private { get; } = new() { SubnetGroupName = "servers" };

    public static SubnetSelection Isolated { get; } = new() { SubnetGroupName = "databases" };

    private static SubnetConfiguration Subnets(string name, SubnetType type) => new()
    {
        Name = name,
        SubnetType = type,
        CidrMask = BitsOfSubnet,
        MapPublicIpOnLaunch = type == SubnetType.PUBLIC ? false : null,
    };

    private SecurityGroup Group(string id, string description) => new(this, id, new SecurityGroupProps
    {
        Vpc = Vpc,
        Description = description,
        AllowAllOutbound = false,
    });

    private void AddRules()
    {
        Balancer.AddIngressRule(Peer.AnyIpv4(), Port.Tcp(HttpPort), "Visitors; redirected to HTTPS");
        Balancer.AddIngressRule(Peer.AnyIpv4(), Port.Tcp(HttpsPort), "Visitors");
        Connect(Balancer, Servers, ServerPort, "Requests and probes");
        Connect(Servers, Databases, PostgresPort, "Links");
        Connect(Servers, Files, NfsPort, "The shared configuration");

        Servers.AddEgressRule(Peer.AnyIpv4(), Port.Tcp(HttpsPort), "AWS, webhooks and titles");
        Servers.AddEgressRule(Peer.AnyIpv4(), Port.Tcp(HttpPort), "Webhooks and titles");
        Rotation.AddEgressRule(Peer.AnyIpv4(), Port.Tcp(HttpsPort), "Secrets Manager");
        Builder.AddEgressRule(Peer.AnyIpv4(), Port.Tcp(HttpsPort), "AWS and packages");
    }

    private static void Connect(SecurityGroup from, SecurityGroup to, int port, string what)
    {
        from.AddEgressRule(to, Port.Tcp(port), what);
        to.AddIngressRule(from, Port.Tcp(port), what);
    }

    private void AddEndpoints()
    {
        Vpc.AddGatewayEndpoint("S3", new GatewayVpcEndpointOptions
        {
            Service = GatewayVpcEndpointAwsService.S3,
        });
        AddEndpoint("Secrets", InterfaceVpcEndpointAwsService.SECRETS_MANAGER);
        AddEndpoint("Metrics", InterfaceVpcEndpointAwsService.CLOUDWATCH_MONITORING);
        AddEndpoint("Logs", InterfaceVpcEndpointAwsService.CLOUDWATCH_LOGS);
    }

    /// <summary>Adds an endpoint that only addresses of this VPC reach.</summary>
    private void AddEndpoint(string id, InterfaceVpcEndpointAwsService service)
    {
        var endpoint = Vpc.AddInterfaceEndpoint(id, new InterfaceVpcEndpointOptions
        {
            Service = service,
            Subnets = Private,
            Open = false,
        });
        endpoint.Connections.AllowFrom(Peer.Ipv4(Vpc.VpcCidrBlock), Port.Tcp(HttpsPort));
    }
}
