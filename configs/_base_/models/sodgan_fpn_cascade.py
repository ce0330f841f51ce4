# Over Cascade R-CNN.
_base_ = './sodgan_fpn.py'
sodgan = dict(roi_head=dict(type='SODGANCascadeRoIHead'))
