# The source's terms alone, those through the discriminator with weights of ours, as it
# gives none; to be laid over any config of SODGAN without a discriminator of its own:
#     model = {{_base_.as_published}}
as_published = dict(
    composite_loss=dict(
        align=None,
        adv=dict(loss_weight=1e-2),
        cls=dict(loss_weight=0.1),
        reg=dict(loss_weight=0.1),
    )
)
