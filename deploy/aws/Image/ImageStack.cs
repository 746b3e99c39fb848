using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Amazon.CDK;
using Amazon.CDK.AWS.EC2;
using Amazon.CDK.AWS.IAM;
using Amazon.CDK.AWS.ImageBuilder;
using Amazon.CDK.AWS.S3.Assets;
using Amazon.CDK.AWS.SSM;
using Constructs;
using Terse.Aws.Network;
using Terse.Aws.Settings;
using AssetOptions = Amazon.CDK.AWS.S3.Assets.AssetProps;

namespace Terse.Aws.Image;

/// <summary>
/// The machine image of the servers: a pinned release of Amazon Linux with the program, its unit and the
/// agent for metrics. EC2 Image Builder starts its machine when this stack is created, and when the program,
/// a file of <c>image</c> or the release changes: then the version of the recipe changes. The pipeline has no
/// schedule, and builds when somebody starts it.
/// </summary>
internal sealed class ImageStack : Stack
{
    /// <summary>The largest number that Image Builder accepts in a version is 2^30 - 1.</summary>
    private const int BitsOfVersion = 30;

    private const int DiskGigabytes = 20;

    private readonly AwsSettings _settings;

    public ImageStack(Construct scope, AwsSettings settings, NetworkStack network)
        : base(scope, "Image", FleetNames.Stack(settings, "image", "the machine image"))
    {
        _settings = settings;
        var files = Contents("Files", Path.Combine(AppContext.BaseDirectory, "image"));
        var units = Contents("Units", Path.Combine(AppContext.BaseDirectory, "systemd"));
        var program = Contents("Program", settings.ProgramFolder);
        var role = AddRole([files, units, program]);
        var version = VersionOf([files, units, program]);

        var component = new CfnComponent(this, "Component", new CfnComponentProps
        {
            Name = $"{settings.Name}-server",
            Platform = "Linux",
            Version = version,
            Data = ReadComponent(files, units, program),
        });
        var recipe = AddRecipe(component, version);
        var infrastructure = AddInfrastructure(role, network);
        var tests =
            new CfnImage.ImageTestsConfigurationProperty { ImageTestsEnabled = true, TimeoutMinutes = 60 };
        var image = new CfnImage(this, "Image", new CfnImageProps
        {
            ImageRecipeArn = recipe.AttrArn,
            InfrastructureConfigurationArn = infrastructure.AttrArn,
            ImageTestsConfiguration = tests,
        });
        _ = new StringParameter(this, "Id", new StringParameterProps
        {
            ParameterName = FleetNames.Image(settings),
            StringValue = image.AttrImageId,
            Description = "The image that the servers start from",
        });
        _ = new CfnImagePipeline(this, "Pipeline", new CfnImagePipelineProps
        {
            Name = $"{settings.Name}-server",
            ImageRecipeArn = recipe.AttrArn,
            InfrastructureConfigurationArn = infrastructure.AttrArn,
            Status = "ENABLED",
        });
    }

    private Asset Contents(string id, string folder) => new(this, id, new AssetOptions
    {
        Path = folder,
        Exclude = ["*.dbg", "*.pdb", "*.xml"],
    });

    /// <summary>A version that changes exactly when the contents change.</summary>
    private static string VersionOf(IEnumerable<Asset> contents)
    {
        var text = string.Join(' ', contents.Select(asset => asset.AssetHash).Append(
            $"{Versions.Pinned.AmazonLinux} {Versions.Pinned.Kernel}"));
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes(text));
        var number = BitConverter.ToUInt32(hash) & ((1u << BitsOfVersion) - 1);
        return string.Create(CultureInfo.InvariantCulture, $"1.0.{number}");
    }

    private static string ReadComponent(Asset files, Asset units, Asset program) =>
        File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "image/component.yaml"))
            .Replace("@FILES@", files.S3ObjectUrl, StringComparison.Ordinal)
            .Replace("@UNITS@", units.S3ObjectUrl, StringComparison.Ordinal)
            .Replace("@PROGRAM@", program.S3ObjectUrl, StringComparison.Ordinal)
            .Replace("@RELEASE@", Versions.Pinned.AmazonLinux, StringComparison.Ordinal);

    private Role AddRole(IEnumerable<Asset> contents)
    {
        var role = new Role(this, "Builder", new RoleProps
        {
            Description = "The machine that builds the image",
            AssumedBy = new ServicePrincipal("ec2.amazonaws.com"),
            ManagedPolicies =
            [
                ManagedPolicy.FromAwsManagedPolicyName("EC2InstanceProfileForImageBuilder"),
                ManagedPolicy.FromAwsManagedPolicyName("AmazonSSMManagedInstanceCore"),
            ],
        });
        foreach (var asset in contents)
        {
            role.AddToPolicy(new PolicyStatement(new PolicyStatementProps
            {
                Actions = ["s3:GetObject"],
                Resources = [asset.Bucket.ArnForObjects(asset.S3ObjectKey)],
            }));
        }

        return role;
    }

    private CfnImageRecipe AddRecipe(CfnComponent component, string version)
    {
        var processor = _settings.Processor == Processor.Arm64 ? "arm64" : "x86_64";
        var release = Versions.Pinned;
        var parent = MachineImage.Lookup(new LookupMachineImageProps
        {
            Name = $"al2023-ami-{release.AmazonLinux}.*-kernel-{release.Kernel}-{processor}",
            Owners = ["amazon"],
        });
        return new(this, "Recipe", new CfnImageRecipeProps
        {
            Name = $"{_settings.Name}-server",
            Version = version,
            ParentImage = parent.GetImage(this).ImageId,
            Components = new[]
            {
                new CfnImageRecipe.ComponentConfigurationProperty { ComponentArn = component.AttrArn },
            },
            BlockDeviceMappings = new[]
            {
                new CfnImageRecipe.InstanceBlockDeviceMappingProperty
                {
                    DeviceName = "/dev/xvda",
                    Ebs = new CfnImageRecipe.EbsInstanceBlockDeviceSpecificationProperty
                    {
                        Encrypted = true,
                        VolumeType = "gp3",
                        VolumeSize = DiskGigabytes,
                        DeleteOnTermination = true,
                    },
                },
            },
        });
    }

    private CfnInfrastructureConfiguration AddInfrastructure(Role role, NetworkStack network)
    {
        var profile = new CfnInstanceProfile(this, "Profile", new CfnInstanceProfileProps
        {
            Roles = [role.RoleName],
        });
        return new(this, "Infrastructure", new CfnInfrastructureConfigurationProps
        {
            Name = $"{_settings.Name}-server",
            InstanceProfileName = profile.Ref,
            InstanceTypes = [_settings.Processor == Processor.Arm64 ? "c7g.large" : "c7i.large"],
            SubnetId = network.Vpc.SelectSubnets(NetworkStack.Private).SubnetIds[0],
            SecurityGroupIds = [network.Builder.SecurityGroupId],
            TerminateInstanceOnFailure = true,
            InstanceMetadataOptions = new CfnInfrastructureConfiguration.InstanceMetadataOptionsProperty
            {
                HttpTokens = "required",
                HttpPutResponseHopLimit = 1,
            },
        });
    }
}
